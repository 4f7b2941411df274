using System.Text.Json;
using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Purchases;

/// <summary>What was bought is read back: one's own in pages, everybody's by administrators with filters and as a file.</summary>
public sealed class HistoryTests(Cluster cluster)
{
    private const string History = "/api/v1/billing/credits/history";
    private const string Admin = "/api/v1/billing/credits/admin/purchases";
    private static readonly string[] Own =
        ["id", "package_name", "amount_credits", "amount_paid", "amount_paid_minor", "currency", "status", "created_at", "completed_at", "stripe_payment_id"];

    [Fact]
    public async Task A_purchase_stands_in_the_buyer_s_history_from_pending_to_completed_and_in_nobody_else_s()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var (host, ada) = (journey.World.Host, journey.TokenOf(DemoUsers.Buyer));
        var opened = (await host.BuyAsync(ada)).Opened();
        var pending = Single(await host.GetAsync(History, ada));
        pending.EnumerateObject().Select(m => m.Name).ShouldBe(Own);
        (pending.GetProperty("id").GetGuid(), pending.GetProperty("status").GetString(), pending.GetProperty("amount_paid").ValueKind).ShouldBe((opened.PurchaseId, "pending", JsonValueKind.Null));

        journey.World.Stripe.Pay(opened.SessionId);
        await journey.SettleAsync();
        var page = await host.GetAsync(History, ada);
        page.Json.EnumerateObject().Select(m => m.Name).ShouldBe(["purchases", "limit", "offset", "next_cursor"]);
        var completed = Single(page);
        completed.GetProperty("amount_paid").GetRawText().ShouldBe("10.00");
        (completed.GetProperty("amount_paid_minor").GetInt64(), completed.GetProperty("amount_credits").GetInt64(), completed.GetProperty("status").GetString()).ShouldBe((1000, 1000, "completed"));
        completed.GetProperty("stripe_payment_id").GetString().ShouldBe((string?)journey.World.Stripe.Read(opened.SessionId)["payment_intent"]);
        completed.GetProperty("completed_at").GetDateTime().ShouldBeGreaterThan(completed.GetProperty("created_at").GetDateTime());
        (await host.GetAsync(History, journey.TokenOf(DemoUsers.Grace))).Json.GetProperty("purchases").GetArrayLength().ShouldBe(0);

        var seen = Single(await host.GetAsync($"{Admin}?user={Journey.Ada.Id}", journey.TokenOf(DemoUsers.Admin)));
        var session = journey.World.Stripe.Read(opened.SessionId);
        (seen.GetProperty("user_id").GetString(), seen.GetProperty("user_email").GetString(), seen.GetProperty("package_code").GetString()).ShouldBe((Journey.Ada.Id, Journey.Ada.Email, "starter"));
        (seen.GetProperty("stripe_checkout_session_id").GetString(), seen.GetProperty("stripe_payment_intent_id").GetString(), seen.GetProperty("stripe_customer_id").GetString())
            .ShouldBe((opened.SessionId, (string?)session["payment_intent"], (string?)session["customer"]));
    }

    [Fact]
    public async Task Pages_follow_one_another_without_a_gap_also_when_many_were_begun_in_one_instant()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: Shopping.Unlimited);
        await SeedAsync(journey);
        var (host, ada) = (journey.World.Host, journey.TokenOf(DemoUsers.Buyer));
        var all = Ids(await host.GetAsync($"{History}?limit=200", ada));
        all.Count.ShouldBe(25);
        var (paged, cursor) = (new List<Guid>(), (string?)null);
        do
        {
            var page = await host.GetAsync($"{History}?limit=7{(cursor is null ? "" : $"&cursor={cursor}")}", ada);
            paged.AddRange(Ids(page));
            cursor = page.Json.GetProperty("next_cursor").GetString();
        }
        while (cursor is not null);
        paged.ShouldBe(all);
        Ids(await host.GetAsync($"{History}?limit=7&offset=20", ada)).ShouldBe(all[20..]);
        Ids(await host.GetAsync(History, ada)).Count.ShouldBe(25);

        foreach (var wrong in (string[])["limit=0", "limit=201", "limit=x", "offset=-1", "offset=100001", "cursor=forged", "limit=1000000000000"])
            (await host.GetAsync($"{History}?{wrong}", ada)).Error().ShouldBe("invalid-input", wrong);
    }

    [Fact]
    public async Task Administrators_filter_everybody_s_purchases_and_take_them_as_a_file_without_formulas()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: Shopping.Unlimited);
        await SeedAsync(journey);
        var (host, admin) = (journey.World.Host, journey.TokenOf(DemoUsers.Admin));
        foreach (var (filter, count) in new (string, int)[]
        {
            ("", 27), ("status=failed", 2), ("status=completed", 0), ("package=pro", 2), ("package=nothing", 0), ($"user={Journey.Ada.Id}", 25), ("user=Eve%40Example.com", 2),
            ("user=nobody", 0), ("from=2026-01-02T00:00:00Z", 2), ("to=2026-01-02T00:00:00Z", 25), ("from=2026-01-02T00:00:00Z&to=2026-01-03T00:00:00Z", 2),
            ("user=eve%40example.com&status=pending", 0), ("package=pro&status=failed&user=eve", 2), ("limit=1000&offset=20", 7),
        })
        {
            Ids(await host.GetAsync($"{Admin}?{filter}", admin)).Count.ShouldBe(count, filter);
        }

        foreach (var wrong in (string[])["limit=0", "limit=1001", "offset=-1", "offset=100001", "cursor=forged", "status=fine", "from=soon", "format=xml",
            "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "user=%00"])
            (await host.GetAsync($"{Admin}?{wrong}", admin)).Error().ShouldBe("invalid-input", wrong);

        await journey.ExecuteAsync("INSERT INTO credit_purchases (user_id, package_code, package_name, credits, price_minor, currency, status) SELECT 'many', 'pro', 'P', 1, 1, 'jpy', 'pending' FROM generate_series(1, 2100)");
        var csv = await host.GetAsync($"{Admin}?format=csv", admin);
        csv.Headers["Content-Type"].ShouldStartWith("text/csv");
        csv.Headers["Content-Disposition"].ShouldContain("purchases.csv");
        var lines = csv.Body.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(1 + 27 + 2100);
        lines[0].ShouldStartWith("id,user_id,user_email,package_code,");
        lines.Count(l => l.Contains(",\"'=HYPERLINK(\"\"https://evil.example\"\",\"\"x\"\")\",", StringComparison.Ordinal)).ShouldBe(2);
        var eve = await host.GetAsync($"{Admin}?format=csv&user=eve", admin);
        eve.Body.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(3, eve.Body);
    }

    [Fact]
    public async Task Every_filter_is_answered_from_an_index()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        await journey.ExecuteAsync("""
            INSERT INTO credit_purchases (user_id, user_email, package_code, package_name, credits, price_minor, currency, status, created_at)
            SELECT 'u' || i % 5000, 'u' || i % 5000 || '@example.com', CASE WHEN i % 1000 = 0 THEN 'pro' ELSE 'starter' END, 'P', 1, 1, 'usd',
              CASE WHEN i % 1000 = 1 THEN 'failed' ELSE 'pending' END, timestamptz '2026-01-01Z' + i * interval '1 minute' FROM generate_series(1, 50000) i;
            ANALYZE credit_purchases
            """);
        const string byUser = "id IN (SELECT id FROM credit_purchases WHERE user_id = 'u7' UNION SELECT id FROM credit_purchases WHERE lower(user_email) = lower('u7'))";
        foreach (var filter in (string[])["true", "user_id = 'u7'", byUser, "status = 'failed'", "package_code = 'pro'", "created_at >= '2026-02-01Z' AND created_at < '2026-02-02Z'"])
        {
            var plan = string.Join('\n', await journey.RowsAsync<string>($"""
                EXPLAIN SELECT * FROM credit_purchases WHERE {filter} AND (created_at, id) < ('2026-02-03Z', '00000000-0000-0000-0000-000000000000') ORDER BY created_at DESC, id DESC LIMIT 51
                """));
            plan.ShouldNotContain("Seq Scan", Case.Sensitive, $"{filter}\n{plan}");
        }
    }

    // 25 of Ada in one and the same instant, two of somebody whose name is a formula a day later.
    private static Task SeedAsync(Journey journey) => journey.ExecuteAsync("""
        INSERT INTO credit_purchases (user_id, package_code, package_name, credits, price_minor, currency, status, created_at)
        SELECT @Id, 'starter', 'Starter Pack', 1000, 1000, 'usd', 'pending', '2026-01-01Z' FROM generate_series(1, 25);
        INSERT INTO credit_purchases (user_id, user_email, package_code, package_name, credits, price_minor, currency, status, failure_reason, created_at)
        SELECT 'eve', 'eve@example.com', 'pro', '=HYPERLINK("https://evil.example","x")', 10000, 8000, 'usd', 'failed', 'declined', '2026-01-02Z' FROM generate_series(1, 2);
        """, Journey.Ada);

    private static JsonElement Single(Page page)
    {
        page.Status.ShouldBe(200, page.Body);
        return page.Json.GetProperty("purchases").EnumerateArray().ShouldHaveSingleItem();
    }

    private static List<Guid> Ids(Page page)
    {
        page.Status.ShouldBe(200, page.Body);
        return [.. page.Json.GetProperty("purchases").EnumerateArray().Select(p => p.GetProperty("id").GetGuid())];
    }
}
