using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;
using Dapper;

namespace BillingMonolith.Journeys.Subscriptions;

/// <summary>What a user may use, as each host answers it from memory: never older than the last change by more than a notice, or a poll without notices.</summary>
public sealed class FeatureTests(Cluster cluster)
{
    private const string Own = "/api/v1/features/me";

    [Fact]
    public async Task A_change_on_one_host_shows_on_the_other_at_once_and_without_one_nothing_is_read()
    {
        // So long a poll that only a notice can be that quick.
        await using var journey = await Journey.StartAsync(cluster, hosts: 2, new() { ["Inbox__PollSeconds"] = "60", ["Limits__ApiPerMinute"] = "4" });
        var (first, second, token) = (journey.World.Hosts[0], journey.World.Hosts[1], journey.TokenOf(DemoUsers.Buyer));
        await Journey.UntilAsync(async () => await CachesAsync(second, token) && await CachesAsync(first, token), "both answer from memory");
        var page = await second.GetAsync(Own, token);
        page.Json.EnumerateObject().Select(m => m.Name).ShouldBe(["features", "plan_id", "billing_period", "cached_at"]);
        page.Json.GetProperty("plan_id").GetString().ShouldBe("free");
        page.Json.GetProperty("features").EnumerateArray().Select(f => $"{f.GetProperty("key")} {f.GetProperty("enabled")} {f.GetProperty("metadata").GetProperty("value")}").ShouldBe(
            ["api_access False ", "priority_support False ", "projects True 1", "single_sign_on False ", "team_members True 1", "unlimited_credits False "]);

        journey.BuyPlan(Journey.Ada, "professional", "yearly");
        await SeenAsync(second, token, "professional", "bought");
        await journey.SettleAsync();
        await Journey.UntilAsync(() => CachesAsync(second, token), "it is in memory again");
        page = await second.GetAsync(Own, token);
        page.Json.GetProperty("billing_period").GetString().ShouldBe("yearly");

        using var client = new Browser();
        var before = await LastQueryAsync(journey);
        for (var i = 0; i < 20; i++) (await second.GetAsync(Own, token)).Body.ShouldBe(page.Body);
        (await second.GetAsync("/api/features/me", token)).Body.ShouldBe(page.Body, "the old address");
        var known = await client.OnceAsync(HttpMethod.Get, second.Url + Own, content: null, SignedIn.Bearer(token), ("If-None-Match", page.Headers["ETag"]));
        (known.Status, known.Headers["Cache-Control"]).ShouldBe((304, "no-cache, private"));
        (await LastQueryAsync(journey)).ShouldBe(before, "not even to count the requests");

        // For services, and not for other people.
        var others = $"/api/v1/users/{Journey.Ada.Id}/features";
        (await second.GetAsync(others, journey.World.Keycloak.ServiceTokenFor("crm"))).Body.ShouldBe(page.Body);
        (await second.GetAsync(others, journey.TokenOf(DemoUsers.Grace))).Status.ShouldBe(403);
        (await second.GetAsync($"/api/v1/users/{new string('x', 65)}/features", journey.TokenOf(DemoUsers.Admin))).Error().ShouldBe("invalid-input");

        var changed = await ApiCalls.CallAsync(HttpMethod.Put, $"{first.Url}/api/v1/admin/tiers/professional/entitlement", SignedIn.Json(
            """{"rank": 30, "grace_days": 7, "features": [{"key": "projects", "type": "number", "value": "101"}]}"""), journey.TokenOf(DemoUsers.Admin));
        changed.Body.ShouldBe("""{"tier_id":"professional","rank":30,"grace_days":7,"features":[{"key":"projects","type":"number","value":"101"}],"grace_features":null}""");
        await SeenAsync(second, token, "101", "the plan's features");
        (await first.GetAsync("/api/v1/admin/tiers/nosuch/entitlement", journey.TokenOf(DemoUsers.Admin))).Error().ShouldBe("tier-not-found");
        (await journey.RowsAsync<string>("SELECT concat_ws(' ', resource_id, username) FROM audit_logs WHERE action = 'admin.tier_entitlement.update'")).ShouldBe(["professional admin"]);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task Without_notices_a_poll_finds_it_also_what_was_committed_late_and_a_host_that_cannot_listen_reads_the_database()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 1, new(SignedIn.NoWorkers) { ["Inbox__PollSeconds"] = "1" });
        await journey.ExecuteAsync("CREATE OR REPLACE FUNCTION identity_tell(who text) RETURNS void LANGUAGE sql AS 'INSERT INTO identity_changes (user_id) VALUES (who)'");
        var (host, ada, grace) = (journey.World.Host, journey.TokenOf(DemoUsers.Buyer), journey.TokenOf(DemoUsers.Grace));
        await Journey.UntilAsync(async () => await CachesAsync(host, ada) && await CachesAsync(host, grace), "it answers from memory");

        // Hers begins first and is committed last: a counter would have gone past it.
        await using var late = await journey.Db.OpenConnectionAsync();
        await using var transaction = await late.BeginTransactionAsync();
        await late.ExecuteAsync(Subscribed, new { user = Journey.Ada.Id, tier = "enterprise" });
        await journey.ExecuteAsync(Subscribed, new { user = Journey.Grace.Id, tier = "starter" });
        await SeenAsync(host, grace, "starter", "within the poll");
        (await host.GetAsync(Own, ada)).Body.ShouldContain("\"plan_id\":\"free\"");
        await transaction.CommitAsync();
        await SeenAsync(host, ada, "enterprise", "within the next poll");

        await journey.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'");
        await Journey.UntilAsync(async () => (await ReadAtAsync(host, ada, 3)).Distinct().Count() == 3, "every answer comes from the database");
        await Journey.UntilAsync(() => CachesAsync(host, ada), "it listens again");
    }

    private const string Subscribed = """
        INSERT INTO identity_subscriptions (subscription_id, user_id, customer_id, tier_id, status, as_of, as_of_rank)
        VALUES ('sub_' || @user, @user, 'cus_1', @tier, 'active', now(), 1)
        """;

    /// <summary>Whether two answers in turn are one and the same.</summary>
    private static async Task<bool> CachesAsync(HostProcess host, string token) => (await ReadAtAsync(host, token, 2)).Distinct().Count() == 1;

    private static async Task<List<string>> ReadAtAsync(HostProcess host, string token, int times)
    {
        var read = new List<string>();
        for (var i = 0; i < times; i++) read.Add((await host.GetAsync(Own, token)).Json.GetProperty("cached_at").GetString()!);
        return read;
    }

    private static Task SeenAsync(HostProcess host, string token, string word, string what) =>
        Journey.UntilAsync(async () => (await host.GetAsync(Own, token)).Body.Contains($"\"{word}\"", StringComparison.Ordinal), what, TimeSpan.FromSeconds(10));

    private static async Task<DateTime> LastQueryAsync(Journey journey) => await journey.ScalarAsync<DateTime>(
        "SELECT max(query_start) FROM pg_stat_activity WHERE datname = current_database() AND query NOT LIKE '%pg_stat_activity%' AND query NOT LIKE '%identity_users%'");
}
