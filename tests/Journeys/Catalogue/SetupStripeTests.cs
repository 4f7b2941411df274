using System.Text.Json.Nodes;
using BillingMonolith.Journeys.Intake;
using BillingMonolith.Journeys.Kit;

namespace BillingMonolith.Journeys.Catalogue;

/// <summary>What an operator types to have Stripe sell what the catalogue says.</summary>
public sealed class SetupStripeTests(Cluster cluster)
{
    private const string Mini = """
        BEGIN;
        INSERT INTO credit_packages (package_code, package_name, credits, currency) VALUES ('mini', 'Pro Pack', 100, 'eur');
        INSERT INTO credit_package_prices VALUES ('mini', 'eur', 140), ('mini', 'jpy', 200), ('starter', 'gbp', 850);
        UPDATE credit_packages SET is_active = false WHERE package_code = 'enterprise';
        COMMIT
        """;

    [Fact]
    public async Task It_makes_what_is_missing_takes_over_what_is_there_and_the_second_time_nothing_is_left_to_do()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        await journey.ExecuteAsync(Mini);
        var pro = PriceId(journey, "credits_pro");

        var (code, text) = await RunAsync(journey);
        code.ShouldBe(0, text);
        Rows(text).ShouldBe(
        [
            "mini eur 140 credits_mini created", "mini jpy 200 credits_mini created", "pro usd 8000 prod_credits_pro updated",
            "standard usd 4500 prod_credits_standard updated", "starter gbp 850 prod_credits_starter created", "starter usd 1000 prod_credits_starter updated",
        ], text);
        PriceId(journey, "credits_pro").ShouldBe(pro, "its price is right and stays");
        var product = journey.World.Stripe.Read("credits_mini");
        ((string?)product["name"], (string?)product["metadata"]!["package_code"], (string?)product["metadata"]!["credits"]).ShouldBe(("Pro Pack", "mini", "100"), "no product is found by its name");
        var yen = journey.World.Stripe.Prices["credits_mini_jpy"];
        ((string?)yen["product"]!["id"], (string?)yen["currency"], (long?)yen["unit_amount"]).ShouldBe(("credits_mini", "jpy", 200));
        (await journey.RowsAsync<string>("SELECT concat_ws(' ', package_code, currency, stripe_price_id, stripe_product_id) FROM credit_package_prices r JOIN credit_packages p USING (package_code, currency) ORDER BY 1"))
            .ShouldBe(["enterprise usd", $"mini eur {PriceId(journey, "credits_mini")} credits_mini", $"pro usd {pro} prod_credits_pro",
                $"standard usd {PriceId(journey, "credits_standard")} prod_credits_standard", $"starter usd {PriceId(journey, "credits_starter")} prod_credits_starter"]);
        (await journey.RowsAsync<string>("SELECT concat_ws(' ', action, resource_id, cause, metadata->'before'->>'stripe_product_id', metadata->'after'->>'stripe_product_id') FROM audit_logs WHERE resource_type = 'credit_package' ORDER BY resource_id"))
            .ShouldBe(["admin.credit_package.update mini command line credits_mini", "admin.credit_package.update pro command line prod_credits_pro",
                "admin.credit_package.update standard command line prod_credits_standard", "admin.credit_package.update starter command line prod_credits_starter"]);
        Posts(journey).ShouldAllBe(p => p.IdempotencyKey != null);

        var posts = Posts(journey).Count;
        (code, text) = await RunAsync(journey);
        code.ShouldBe(0, text);
        Rows(text).Count.ShouldBe(6, text);
        Rows(text).ShouldAllBe(r => r.EndsWith(" unchanged", StringComparison.Ordinal), text);
        Posts(journey).Count.ShouldBe(posts, "nothing was sent");
        (await journey.CountAsync("audit_logs WHERE resource_type = 'credit_package'")).ShouldBe(4);
    }

    [Fact]
    public async Task A_changed_amount_is_a_new_price_under_the_old_key_there_and_back()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        await RunAsync(journey);
        var prices = new List<string> { PriceId(journey, "credits_starter") };
        foreach (var amount in (int[])[1200, 1000, 1200])
        {
            await journey.ExecuteAsync("UPDATE credit_package_prices SET price_minor = @amount WHERE package_code = 'starter'", new { amount });
            var (code, text) = await RunAsync(journey);
            code.ShouldBe(0, text);
            Rows(text).Where(r => !r.EndsWith(" unchanged", StringComparison.Ordinal)).ShouldBe([$"starter usd {amount} prod_credits_starter updated"], text);
            journey.World.Stripe.Read(prices[^1])["active"]!.GetValue<bool>().ShouldBeFalse("the old price");
            prices.Add(PriceId(journey, "credits_starter"));
            ((long?)journey.World.Stripe.Prices["credits_starter"]["unit_amount"]).ShouldBe(amount);
            (await journey.ScalarAsync<string>("SELECT stripe_price_id FROM credit_package_prices WHERE package_code = 'starter'")).ShouldBe(prices[^1]);
        }

        prices.ShouldBeUnique();
    }

    [Fact]
    public async Task A_run_that_ended_before_the_old_price_was_off_sale_is_finished_by_the_next()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        var old = PriceId(journey, "credits_starter");
        await journey.ExecuteAsync("UPDATE credit_package_prices SET price_minor = 1200 WHERE package_code = 'starter'");
        await RunAsync(journey);
        await PostAsync(journey, $"prices/{old}", "active=true");
        await journey.ExecuteAsync("UPDATE credit_package_prices SET stripe_price_id = NULL WHERE package_code = 'starter'");

        var (_, text) = await RunAsync(journey);
        Rows(text).ShouldContain("starter usd 1200 prod_credits_starter updated", text);
        journey.World.Stripe.Read(old)["active"]!.GetValue<bool>().ShouldBeFalse();
        (await journey.ScalarAsync<string>("SELECT stripe_price_id FROM credit_package_prices WHERE package_code = 'starter'")).ShouldBe(PriceId(journey, "credits_starter"));
    }

    [Fact]
    public async Task A_dry_run_says_what_would_be_done_and_does_nothing_and_neither_does_a_slip_of_the_pen()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        await journey.ExecuteAsync(Mini);
        var before = await journey.RowsAsync<string>("SELECT p::text || r::text FROM credit_packages p JOIN credit_package_prices r USING (package_code)");

        var (code, text) = await RunAsync(journey, "--dry-run");
        code.ShouldBe(0, text);
        Rows(text).ShouldContain("mini eur 140 credits_mini would be created", text);
        Rows(text).ShouldContain("pro usd 8000 prod_credits_pro would be updated", text);
        (await RunAsync(journey, "--dryrun")).Code.ShouldNotBe(0);

        Posts(journey).ShouldBeEmpty();
        (await journey.RowsAsync<string>("SELECT p::text || r::text FROM credit_packages p JOIN credit_package_prices r USING (package_code)")).ShouldBe(before);
    }

    [Fact]
    public async Task A_live_key_needs_a_word_and_what_Stripe_refuses_is_a_sentence()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        var live = new Dictionary<string, string?>(journey.World.Settings) { ["STRIPE_SECRET_KEY"] = "sk_live_canary" };
        var (code, text) = await StartTests.RunAsync(live, "setup", "stripe");
        code.ShouldBe(1, text);
        text.ShouldContain("Add --live");
        journey.World.Stripe.Journal.ShouldBeEmpty();

        (code, text) = await StartTests.RunAsync(live, "setup", "stripe", "--live");
        code.ShouldBe(1, text);
        journey.World.Stripe.Journal.ShouldNotBeEmpty("it asked");
        text.ShouldContain("run it again");
        text.ShouldNotContain("   at ");
        text.ShouldNotContain("canary");
    }

    [Fact]
    public async Task Two_at_once_make_each_thing_once()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        await journey.ExecuteAsync(Mini);
        await journey.ExecuteAsync("UPDATE credit_package_prices SET price_minor = 1200 WHERE package_code = 'starter' AND currency = 'usd'");
        journey.World.Stripe.ApiTakes = TimeSpan.FromMilliseconds(30);
        var runs = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => RunAsync(journey)));

        runs.ShouldAllBe(r => r.Code == 0, string.Join('\n', runs.Select(r => r.Text)));
        var active = JsonNode.Parse(await GetAsync(journey, "prices?active=true&limit=100"))!["data"]!.AsArray()
            .Select(p => $"{p!["product"]} {p["currency"]}").Where(p => p.Contains("credits_", StringComparison.Ordinal)).ToList();
        active.ShouldBeUnique("one active price per product and currency");
        active.Count.ShouldBe(7);
        Rows((await RunAsync(journey)).Text).ShouldAllBe(r => r.EndsWith(" unchanged", StringComparison.Ordinal));
    }

    private static Task<(int Code, string Text)> RunAsync(Journey journey, params string[] options) =>
        StartTests.RunAsync(new(journey.World.Settings), ["setup", "stripe", .. options]);

    private static string PriceId(Journey journey, string lookupKey) => (string)journey.World.Stripe.Prices[lookupKey]["id"]!;

    private static List<Sandbox.JournalEntry> Posts(Journey journey) => [.. journey.World.Stripe.Journal.Where(e => e.Method == "POST" && e.Path.StartsWith("/v1/", StringComparison.Ordinal))];

    /// <summary>The packages' rows in order, without the price's id: "pro usd 8000 prod_credits_pro updated".</summary>
    private static List<string> Rows(string text) =>
    [
        .. from row in SetupTable.Rows(text)
           where row.What.StartsWith("package ", StringComparison.Ordinal)
           let should = row.Should.Split(' ')
           let said = $"{row.What[8..]} {should[1]} {should[0]} {row.There.Split(' ')[0]} {row.Happened}"
           orderby said
           select said,
    ];

    private static async Task PostAsync(Journey journey, string path, string form)
    {
        using var browser = new Browser();
        var page = await browser.OnceAsync(HttpMethod.Post, $"{journey.World.Stripe.Url}/v1/{path}", new StringContent(form, null, "application/x-www-form-urlencoded"),
            ("Authorization", $"Bearer {journey.World.Stripe.ApiKey}"));
        page.Status.ShouldBe(200, page.Body);
    }

    private static async Task<string> GetAsync(Journey journey, string path)
    {
        using var browser = new Browser();
        return (await browser.OnceAsync(HttpMethod.Get, $"{journey.World.Stripe.Url}/v1/{path}", content: null, ("Authorization", $"Bearer {journey.World.Stripe.ApiKey}"))).Body;
    }
}
