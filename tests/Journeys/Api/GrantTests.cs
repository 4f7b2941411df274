using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Api;

/// <summary>Credits that are given over HTTP: once per key, on whichever host, and the audit log knows who gave them.</summary>
public sealed class GrantTests(Cluster cluster)
{
    private const string Grants = "/api/v1/billing/credits/admin/grants";
    private static readonly string Body = $$"""{"user_id":"{{Journey.Ada.Id}}","credits":25,"reason":"goodwill","expires_at":"2099-01-01T00:00:00Z"}""";

    [Fact]
    public async Task A_grant_is_made_once_audited_with_who_and_why_and_replayed_with_a_header()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2, SignedIn.NoWorkers);
        var (host, other, admin) = (journey.World.Hosts[0], journey.World.Hosts[1], journey.TokenOf(DemoUsers.Admin));

        var first = await host.PostAsync(Grants, Body, admin, key: "k-1");
        first.Status.ShouldBe(201, first.Body);
        first.Json.EnumerateObject().Select(m => m.Name).ShouldBe(["transaction_id", "user_id", "credits", "balance"]);
        first.Json.GetProperty("balance").GetInt64().ShouldBe(25);
        first.IsReplayed().ShouldBeFalse();

        var again = await other.PostAsync(Grants, Body, admin, key: "k-1");
        (again.Status, again.Body, again.IsReplayed()).ShouldBe((201, first.Body, true));
        var reused = await other.PostAsync(Grants, Body.Replace(":25", ":26", StringComparison.Ordinal), admin, key: "k-1");
        (reused.Status, reused.Error()).ShouldBe((422, "idempotency-key-reused"));

        (await journey.RowsAsync<string>("""
            SELECT concat_ws(' ', username, host(ip_address), user_agent, metadata->>'reason', metadata->>'by', user_id) FROM audit_logs WHERE action = 'credit.allocate'
            """)).ShouldBe([$"admin 127.0.0.1 {ApiCalls.UserAgent[..300]} goodwill {DemoUsers.Admin.Id} {Journey.Ada.Id}"]);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task Twenty_at_once_under_one_key_on_two_hosts_are_one_grant_and_twenty_equal_answers()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2, SignedIn.NoWorkers);
        var admin = journey.TokenOf(DemoUsers.Admin);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => journey.World.Hosts[i % 2].PostAsync(Grants, Body, admin, key: "k-1")));

        answers.Select(a => a.Status).ShouldAllBe(s => s == 201);
        answers.Select(a => a.Body).Distinct().ShouldHaveSingleItem();
        answers.Count(a => a.IsReplayed()).ShouldBe(19);
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(25);
        (await journey.CountAsync("credit_lots")).ShouldBe(1);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task Who_owes_is_told_the_balance_that_is_left_when_the_grant_has_repaid_it()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 1, SignedIn.NoWorkers);
        await journey.ExecuteAsync("SELECT credit_claw_back(@Id, 'session:gone', 10, 'refund:re_1', 'Refund')", Journey.Ada);
        var answer = await journey.World.Host.PostAsync(Grants, Body, journey.TokenOf(DemoUsers.Admin), key: "k-1");
        (answer.Status, answer.Json.GetProperty("balance").GetInt64()).ShouldBe((201, 15), answer.Body);
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(15);
    }

    [Fact]
    public async Task Two_callers_with_the_same_key_are_two_grants()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2, SignedIn.NoWorkers);
        var service = journey.World.Keycloak.ServiceTokenFor("crm");
        var answers = await Task.WhenAll(
            journey.World.Hosts[0].PostAsync(Grants, Body, journey.TokenOf(DemoUsers.Admin), key: "k-1"), journey.World.Hosts[1].PostAsync(Grants, Body, service, key: "k-1"));

        answers.ShouldAllBe(a => a.Status == 201 && !a.IsReplayed());
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(50);
        (await journey.RowsAsync<string>("SELECT username FROM audit_logs WHERE action = 'credit.allocate' ORDER BY username")).ShouldBe(["admin", "service-account-crm"]);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task What_is_invalid_is_said_before_whether_the_user_exists_and_a_repeat_needs_no_Keycloak()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 1, SignedIn.NoWorkers);
        var (host, admin) = (journey.World.Host, journey.TokenOf(DemoUsers.Admin));
        var nobody = Body.Replace(Journey.Ada.Id, "nobody", StringComparison.Ordinal);

        (await host.PostAsync(Grants, Body, admin, key: null)).Error().ShouldBe("idempotency-key-required");
        (await host.PostAsync(Grants, Body, admin, key: new string('k', 256))).Error().ShouldBe("idempotency-key-required");
        (await host.PostAsync(Grants, nobody, admin, key: "k-1")).Error().ShouldBe("user-not-found");
        var invalid = await host.PostAsync(Grants, nobody.Replace(":25", ":0", StringComparison.Ordinal), admin, key: "k-1");
        (invalid.Status, invalid.Error(), invalid.Json.GetProperty("errors").EnumerateObject().Single().Name).ShouldBe((400, "invalid-input", "credits"));

        var first = await host.PostAsync(Grants, Body, admin, key: "k-1");
        first.Status.ShouldBe(201, "refusals leave the key unused");
        journey.World.Keycloak.GoDown();
        (await host.PostAsync(Grants, Body, admin, key: "k-1")).Body.ShouldBe(first.Body);
        (await host.PostAsync(Grants, Body, admin, key: "k-2")).Status.ShouldBe(503, "nobody knows whether there is such a user");
        journey.World.Keycloak.Heal();
        await Oracles.HoldAsync(journey);
    }
}
