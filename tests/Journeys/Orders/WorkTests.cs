using System.Text.Json;
using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Orders;

/// <summary>Administrators work on orders, buyers see theirs.</summary>
public sealed class WorkTests(Cluster cluster)
{
    private const string Admin = "/api/v1/admin/orders";
    private const string Own = "/api/v1/orders";

    [Fact]
    public async Task An_order_is_worked_on_step_by_step_and_nobody_overwrites_another()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: Ordering.Telling);
        await journey.SubscribeAsync();
        var (host, admin) = (journey.World.Host, journey.TokenOf(DemoUsers.Admin));
        var (work, cart) = (journey.OrderDfy(Journey.Ada), journey.OrderCart(Journey.Grace));
        await journey.SettleAsync();
        var (order, goods) = ($"{Admin}/{await journey.NumberAsync(work)}", $"{Admin}/{await journey.NumberAsync(cart)}");
        (await host.GetAsync(order, admin)).Headers["ETag"].ShouldBe("\"1\"");

        foreach (var status in (string[])["IN_PROGRESS", "REVIEW", "IN_PROGRESS", "REVIEW"]) Status(await MoveAsync(order, status)).ShouldBe(status);
        Status(await MoveAsync(order, "REVIEW")).ShouldBe("REVIEW", "a repeat");
        var spent = await MoveAsync(order, "IN_PROGRESS");
        (spent.Status, spent.Error()).ShouldBe((409, "no-revisions-left"));
        var illegal = await MoveAsync(order, "CLOSED");
        (illegal.Status, illegal.Error()).ShouldBe((409, "illegal-transition"));
        illegal.Json.GetProperty("detail").GetString().ShouldBe("From REVIEW the order cannot go to CLOSED; it can go to IN_PROGRESS, DELIVERED, CANCELLED.");
        (await MoveAsync(goods, "REVIEW")).Error().ShouldBe("illegal-transition", "goods are sent, not reviewed");
        foreach (var wrong in (string[])["REFUNDED", "new", ""]) (await MoveAsync(order, wrong)).Error().ShouldBe("invalid-input", wrong);
        (await MoveAsync($"{Admin}/22222XXXXX", "REVIEW")).Error().ShouldBe("order-not-found");

        const string Terms = """{"deadline":"2027-01-15T12:00:00Z","revisions_left":2,"checklist_status":"COMPLETE","files_url":"https://files.example/1","final_package_url":"https://files.example/2"}""";
        var tag = (await host.GetAsync(order, admin)).Headers["ETag"];
        var changed = await ChangeAsync(order, Terms, tag);
        (changed.Status, changed.Json.GetProperty("revisions_left").GetInt32(), changed.Json.GetProperty("final_package_url").GetString()).ShouldBe((200, 2, "https://files.example/2"));
        (await ChangeAsync(order, Terms, tag)).Headers["ETag"].ShouldBe(changed.Headers["ETag"], "a repeat changes nothing");
        var late = await ChangeAsync(order, Terms.Replace(":2,", ":3,", StringComparison.Ordinal), tag);
        (late.Status, late.Error()).ShouldBe((412, "changed-meanwhile"));
        (await MoveAsync(order, "DELIVERED", tag)).Error().ShouldBe("changed-meanwhile");
        Status(await MoveAsync(order, "IN_PROGRESS", changed.Headers["ETag"])).ShouldBe("IN_PROGRESS", "there are revisions again");
        (await ChangeAsync(goods, Terms)).Error().ShouldBe("not-for-carts");
        (await ChangeAsync(goods, """{"deadline":"2027-01-15T12:00:00Z","revisions_left":1,"checklist_status":"PENDING"}""")).Status.ShouldBe(200);
        foreach (var (wrong, member) in new (string, string)[]
        {
            (Terms.Replace("https://files.example/1", "http://files.example/1", StringComparison.Ordinal), "files_url"), (Terms.Replace("https://files.example/2", "javascript:1", StringComparison.Ordinal), "final_package_url"),
            (Terms.Replace("COMPLETE", "DONE", StringComparison.Ordinal), "checklist_status"), (Terms.Replace(":2,", ":-1,", StringComparison.Ordinal), "revisions_left"),
            (Terms.Replace("deadline", "dead_line", StringComparison.Ordinal), "dead_line"), ("""{"checklist_status":"PENDING"}""", "revisions_left"),
        })
        {
            var refused = await ChangeAsync(order, wrong);
            refused.Error().ShouldBe("invalid-input", wrong);
            refused.Json.GetProperty("errors").EnumerateObject().Single().Name.ShouldBe(member, wrong);
        }

        (await journey.RowsAsync<string>("SELECT concat_ws(' ', username, metadata->'before'->>'work_status', metadata->'after'->>'work_status', metadata->'after'->>'revisions_left') FROM audit_logs WHERE action = 'order.updated' AND resource_id = @number ORDER BY id",
            new { number = await journey.NumberAsync(work) })).ShouldBe(
            ["admin NEW IN_PROGRESS 1", "admin IN_PROGRESS REVIEW 1", "admin REVIEW IN_PROGRESS 0", "admin IN_PROGRESS REVIEW 0", "admin REVIEW REVIEW 2", "admin REVIEW IN_PROGRESS 1"]);
        await journey.SettleAsync();
        journey.Told().ShouldBe(["order.created 2", "order.updated 7"]);
        await Oracles.HoldAsync(journey);

        Task<Page> MoveAsync(string at, string status, string? ifMatch = null) => SendAsync(HttpMethod.Post, at + "/transition", $$"""{"status":"{{status}}"}""", ifMatch);
        Task<Page> ChangeAsync(string at, string terms, string? ifMatch = null) => SendAsync(HttpMethod.Put, at, terms, ifMatch);
        async Task<Page> SendAsync(HttpMethod method, string path, string json, string? ifMatch)
        {
            using var client = new Browser();
            (string, string)[] headers = [("Accept", "application/json"), SignedIn.Bearer(admin), .. ifMatch is null ? ((string, string)[])[] : [("If-Match", ifMatch)]];
            return await client.OnceAsync(method, host.Url + path, SignedIn.Json(json), headers);
        }
    }

    [Fact]
    public async Task Orders_are_listed_by_filters_in_pages_and_as_a_file_and_buyers_see_their_own()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: Shopping.Unlimited);
        var (host, admin, ada) = (journey.World.Host, journey.TokenOf(DemoUsers.Admin), journey.TokenOf(DemoUsers.Buyer));
        await SeedAsync(journey);
        foreach (var (filter, count) in new (string, int)[]
        {
            ("", 27), ("status=NEW", 25), ("status=SHIPPED", 2), ("status=CLOSED", 0), ("kind=cart", 2), ($"user={Journey.Ada.Id}", 25), ("user=Guest%40Example.com", 2), ("user=nobody", 0),
            ("from=2026-01-02T00:00:00Z", 2), ("to=2026-01-02T00:00:00Z", 25), ("kind=cart&status=SHIPPED&user=guest%40example.com", 2), ("kind=cart&status=NEW", 0),
        })
        {
            Numbers(await host.GetAsync($"{Admin}?{filter}", admin)).Count.ShouldBe(count, filter);
        }

        foreach (var wrong in (string[])["limit=0", "limit=1001", "cursor=forged", "status=fine", "kind=car", "from=soon", "format=xml", "user=%00"])
            (await host.GetAsync($"{Admin}?{wrong}", admin)).Error().ShouldBe("invalid-input", wrong);
        foreach (var (list, token) in (IEnumerable<(string, string)>)[(Admin, admin), (Own, ada)])
        {
            var all = Numbers(await host.GetAsync($"{list}?limit=200", token));
            var (paged, cursor) = (new List<string>(), (string?)null);
            do
            {
                var page = await host.GetAsync($"{list}?limit=7{(cursor is null ? "" : $"&cursor={cursor}")}", token);
                paged.AddRange(Numbers(page));
                cursor = page.Json.GetProperty("next_cursor").GetString();
            }
            while (cursor is not null);
            paged.ShouldBe(all, list);
        }

        var csv = await host.GetAsync($"{Admin}?format=csv", admin);
        csv.Headers["Content-Disposition"].ShouldContain("orders.csv");
        var lines = csv.Body.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        (lines.Length, lines.Count(l => l.Contains("'=1+1", StringComparison.Ordinal))).ShouldBe((28, 2), "and no formulas");

        var mine = Numbers(await host.GetAsync(Own, ada));
        mine.Count.ShouldBe(25);
        var one = await host.GetAsync($"{Own}/{mine[0]}", ada);
        (one.Status, one.Json.TryGetProperty("stripe_session_id", out _), one.Json.GetProperty("amount").GetDecimal()).ShouldBe((200, false, 99.00m));
        (await host.GetAsync($"{Own}/{mine[0]}", journey.TokenOf(DemoUsers.Grace))).Error().ShouldBe("order-not-found");
        (await host.GetAsync($"{Own}/22222XXXXX", ada)).Error().ShouldBe("order-not-found");
        (await host.GetAsync(Own, journey.TokenOf(DemoUsers.Grace))).Json.GetProperty("orders").GetArrayLength().ShouldBe(0);

        using var browser = new Browser();
        await browser.SignInAsync(host.Url, DemoUsers.Buyer);
        (await browser.GetAsync($"{host.Url}/orders")).Body.ShouldContain(mine[0]);
        (await browser.GetAsync($"{host.Url}/orders/{mine[0]}")).Body.ShouldContain("Revisions left");
        (await browser.GetAsync($"{host.Url}/orders/22222XXXXX")).Status.ShouldBe(404);
        using var other = new Browser();
        await other.SignInAsync(host.Url, DemoUsers.Grace);
        (await other.GetAsync($"{host.Url}/orders")).Body.ShouldContain("You have no orders yet");
        (await other.GetAsync($"{host.Url}/orders/{mine[0]}")).Status.ShouldBe(404);
    }

    // 25 of Ada in one and the same instant, two of a guest whose name is a formula a day later.
    private static Task SeedAsync(Journey journey) => journey.ExecuteAsync("""
        INSERT INTO orders (kind, user_id, customer_email, tier, amount_minor, currency, stripe_session_id, created_at)
        SELECT 'dfy', @Id, 'ada@example.com', 'STARTER', 9900, 'usd', 'cs_' || i, '2026-01-01Z' FROM generate_series(1, 25) i;
        INSERT INTO orders (kind, customer_email, customer_name, cart_id, amount_minor, currency, stripe_session_id, work_status, created_at)
        SELECT 'cart', 'guest@example.com', '=1+1', 'c', 100, 'jpy', 'cs_guest' || i, 'SHIPPED', '2026-01-02Z' FROM generate_series(1, 2) i
        """, Journey.Ada);

    private static string? Status(Page page) => page.Json.TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.String ? status.GetString() : page.Body;

    private static List<string> Numbers(Page page)
    {
        page.Status.ShouldBe(200, page.Body);
        return [.. page.Json.GetProperty("orders").EnumerateArray().Select(o => o.GetProperty("order_identifier").GetString()!)];
    }
}
