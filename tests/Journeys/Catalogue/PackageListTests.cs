using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Catalogue;

/// <summary>What is for sale, as buyers read it: from each host's memory, and never older than the last change.</summary>
public sealed class PackageListTests(Cluster cluster)
{
    private const string Packages = "/api/v1/billing/credits/packages";

    [Fact]
    public async Task The_list_has_the_members_of_the_contract_in_the_order_of_the_shop()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 1, SignedIn.NoWorkers);
        await journey.ExecuteAsync("UPDATE credit_packages SET is_active = false WHERE package_code = 'standard'; INSERT INTO credit_package_prices VALUES ('pro', 'jpy', 12000), ('pro', 'eur', 7500)");
        await journey.ExecuteAsync("BEGIN; UPDATE credit_packages SET currency = 'kwd' WHERE package_code = 'starter'; UPDATE credit_package_prices SET currency = 'kwd' WHERE package_code = 'starter'; COMMIT");
        var (host, buyer) = (journey.World.Host, journey.TokenOf(DemoUsers.Buyer));

        var page = await host.GetAsync(Packages, buyer);
        page.Status.ShouldBe(200, page.Body);
        page.Json.EnumerateArray().Select(p => p.GetProperty("package_code").GetString()).ShouldBe(["starter", "pro", "enterprise"]);
        page.Json[1].EnumerateObject().Select(m => m.Name).ShouldBe(
        [
            "id", "package_code", "package_name", "description", "credits", "price_usd", "price_minor", "currency", "prices", "discount_percentage", "is_active",
            "is_featured", "badge_text", "display_order", "expires_after_days", "stripe_price_id", "stripe_product_id",
        ]);
        page.Json[1].GetProperty("price_usd").GetDecimal().ShouldBe(80m);
        page.Json[1].GetProperty("prices").EnumerateArray().Select(p => $"{p.GetProperty("currency")} {p.GetProperty("amount_minor")}").ShouldBe(["usd 8000", "eur 7500", "jpy 12000"]);
        page.Json[0].GetProperty("price_usd").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null, "it has no price in dollars");
        (page.Json[0].GetProperty("currency").GetString(), page.Json[0].GetProperty("price_minor").GetInt64()).ShouldBe(("kwd", 1000));

        var nobody = await host.GetAsync(Packages, token: null);
        (nobody.Status, nobody.Json.GetProperty("detail").GetString()).ShouldBe((401, "Not authenticated"));
        (await host.GetAsync($"{Packages}?include_inactive=true", buyer)).Error().ShouldBe("forbidden");
        (await host.GetAsync($"{Packages}?include_inactive=yes", buyer)).Json.GetProperty("errors").EnumerateObject().Single().Name.ShouldBe("include_inactive");
        (await host.GetAsync($"{Packages}?include_inactive=true", journey.TokenOf(DemoUsers.Admin))).Json.GetArrayLength().ShouldBe(4);
    }

    [Fact]
    public async Task Nothing_changed_means_no_query_and_304_to_who_knows_it()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 1, new(SignedIn.NoWorkers) { ["Limits__ApiPerMinute"] = "3" });
        var (host, buyer) = (journey.World.Host, journey.TokenOf(DemoUsers.Buyer));
        var first = await host.GetAsync(Packages, buyer);
        var before = await LastQueryAsync(journey);
        for (var i = 0; i < 20; i++) (await host.GetAsync(Packages, buyer)).Body.ShouldBe(first.Body);
        (await LastQueryAsync(journey)).ShouldBe(before, "not even to count the request");

        first.Headers["Cache-Control"].ShouldBe("no-cache, private", "or a browser would not ask with its tag");
        using var client = new Browser();
        var known = await client.OnceAsync(HttpMethod.Get, host.Url + Packages, content: null, SignedIn.Bearer(buyer), ("If-None-Match", first.Headers["ETag"]));
        (known.Status, known.Body).ShouldBe((304, ""));
        await journey.ExecuteAsync("UPDATE credit_packages SET credits = 1001 WHERE package_code = 'starter'");
        await Journey.UntilAsync(async () => (await client.OnceAsync(HttpMethod.Get, host.Url + Packages, content: null, SignedIn.Bearer(buyer), ("If-None-Match", first.Headers["ETag"]))).Status == 200,
            "the tag is old");
    }

    [Fact]
    public async Task A_change_that_was_made_while_a_host_could_not_listen_is_seen_as_well()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 1, SignedIn.NoWorkers);
        var (host, buyer) = (journey.World.Host, journey.TokenOf(DemoUsers.Buyer));
        await host.GetAsync(Packages, buyer);
        await Journey.UntilAsync(async () => await journey.CountAsync($"pg_stat_activity WHERE {Listening}") == 1, "the host listens");

        await journey.ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {Listening}; UPDATE credit_packages SET package_name = 'Fresh' WHERE package_code = 'pro'");
        await Journey.UntilAsync(async () => (await host.GetAsync(Packages, buyer)).Body.Contains("Fresh", StringComparison.Ordinal), "the change is seen");
        (await journey.CountAsync($"pg_stat_activity WHERE {Listening}")).ShouldBe(1, "it listens again");
    }

    private const string Listening = "datname = current_database() AND query LIKE 'LISTEN%'";

    private static async Task<DateTime> LastQueryAsync(Journey journey) =>
        await journey.ScalarAsync<DateTime>("SELECT max(query_start) FROM pg_stat_activity WHERE datname = current_database() AND query NOT LIKE '%pg_stat_activity%' AND query NOT LIKE '%identity_%'");
}
