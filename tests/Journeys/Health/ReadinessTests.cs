using System.Net;
using BillingMonolith.Journeys.Crashes;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;

namespace BillingMonolith.Journeys.Health;

/// <summary>What an orchestrator learns of a host, and what the operator finds in its log.</summary>
public sealed class ReadinessTests(Cluster cluster)
{
    private static readonly (HttpStatusCode, string) Ready = (HttpStatusCode.OK, """{"status":"ready"}""");
    private static readonly (HttpStatusCode, string) Degraded = (HttpStatusCode.OK, """{"status":"degraded"}""");
    private static readonly (HttpStatusCode, string) Unready = (HttpStatusCode.ServiceUnavailable, """{"status":"unready"}""");

#pragma warning disable RS0030 // a test may own its HttpClient
    // Well above the limit of a probe, well below that of any neighbour or database.
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(8) };
#pragma warning restore RS0030

    [Fact]
    public async Task A_neighbour_that_is_down_degrades_a_host_that_goes_on_taking_events_in()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2);
        (await ProbeAsync(journey.World.Hosts[0])).ShouldBe(Ready);

        journey.World.Keycloak.GoDown();
        (await ProbeAsync(journey.World.Hosts[1])).ShouldBe(Degraded); // asked for the first time: nothing is kept yet
        var bought = Crowd.Plan(journey.World, Journey.Ada);
        (await Crowd.PostAsync(journey, bought)).Status.ShouldBe(HttpStatusCode.OK);
        (await journey.CountAsync("inbox_events WHERE id = @EventId", new { bought.EventId })).ShouldBe(1);
        await UntilLoggedAsync(journey.World.Hosts[1], "Health check keycloak is Degraded: Keycloak at");

        journey.World.Keycloak.Heal();
        await UntilAsync(journey.World.Hosts[1], Ready);
        await UntilLoggedAsync(journey.World.Hosts[1], "Health check keycloak is healthy again");
        await journey.SettleAsync();
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_host_without_its_database_is_unready_and_says_so_in_time_and_comes_back()
    {
        var database = await cluster.NewDatabaseAsync();
        var direct = cluster.Postgres.ConnectionString(database);
        await using var relay = PostgresRelay.Start(direct);
        await using var journey = await Journey.StartAsync(direct, database, settings: new() { ["DATABASE_URL"] = relay.ConnectionString(direct) });
        (await ProbeAsync(journey.World.Host)).ShouldBe(Ready);

        relay.Refuse();
        await UntilAsync(journey.World.Host, Unready);
        await UntilLoggedAsync(journey.World.Host, "Health check database is Unhealthy: The database does not answer");
        relay.Accept();
        await UntilAsync(journey.World.Host, Ready);

        relay.Pause(); // hangs: worse than down
        await UntilAsync(journey.World.Host, Unready);
        relay.Accept();
        await UntilAsync(journey.World.Host, Ready);
    }

    [Fact]
    public async Task A_hundred_probes_at_once_cost_each_neighbour_one_check()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => ProbeAsync(journey.World.Host)));
        answers.Distinct().ShouldBe([Ready]);
        journey.World.Lago.Journal.ShouldHaveSingleItem();
        journey.World.Stripe.Journal.ShouldHaveSingleItem();
        journey.World.Keycloak.Journal.Select(r => r.Path).ShouldBeUnique(); // description, token, users, profile
        journey.World.Keycloak.TokensIssued.ShouldBe(1);
    }

    [Fact]
    public async Task A_neighbour_that_hangs_does_not_make_a_probe_hang()
    {
        await using var journey = await Journey.StartAsync(cluster);
        journey.World.Lago.Add(new Fault(_ => true, int.MaxValue) { Delay = TimeSpan.FromMinutes(1) });
        (await ProbeAsync(journey.World.Host)).ShouldBe(Degraded);
        await UntilLoggedAsync(journey.World.Host, "does not answer in time. Is it up, and is Lago:Url right?");
    }

    [Fact]
    public async Task A_plan_that_Lago_lacks_is_named()
    {
        await using var journey = await Journey.StartAsync(cluster);
        await journey.ScalarAsync<int>("UPDATE billing_tiers SET lago_plan_yearly = id || '_annual' WHERE id IN ('free', 'starter', 'enterprise')");
        (await ProbeAsync(journey.World.Host)).ShouldBe(Degraded);
        await UntilLoggedAsync(journey.World.Host, "Lago has no plan 'enterprise_annual', 'starter_annual': run", "nothing is sold of the free one");
    }

    [Theory]
    [InlineData("DELETE FROM schema_scripts WHERE name LIKE '%0001_inbox.sql'", "0001_inbox.sql as this version has it. Run the command migrate")]
    [InlineData("UPDATE schema_scripts SET sha256 = '' WHERE name LIKE '%0001_catalogue.sql'", "0001_catalogue.sql as this version has it. Run the command migrate")]
    [InlineData("REVOKE SELECT ON schema_scripts FROM billing_app", "not prepared for this version")]
    [InlineData("DROP TABLE schema_scripts", "not prepared for this version")]
    public async Task A_schema_of_another_version_makes_a_host_unready(string harm, string said)
    {
        await using var journey = await Journey.StartAsync(cluster);
        await journey.ScalarAsync<int>(harm);
        (await ProbeAsync(journey.World.Host)).ShouldBe(Unready);
        await UntilLoggedAsync(journey.World.Host, said);
    }

    [Theory]
    [InlineData("local", 0, 4, false)]
    [InlineData("local", 0, 6, true)]
    [InlineData("remote", 1, 6, true)] // its process ended: nobody takes the lapsed claim
    public async Task Work_that_nobody_takes_degrades(string lane, int attempts, int minutes, bool late)
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new() { ["Inbox__LocalWorkers"] = "0", ["Inbox__RemoteEvents"] = "0" });
        await journey.ScalarAsync<int>("""
            INSERT INTO inbox_steps (event_id, command, lane, attempts, next_attempt_at)
            VALUES ('evt_1', 'route', @lane, @attempts, now() - make_interval(mins => @minutes))
            """, new { lane, attempts, minutes });
        (await ProbeAsync(journey.World.Host)).ShouldBe(late ? Degraded : Ready);
        if (late) await UntilLoggedAsync(journey.World.Host, "A step has been due for 00:06:0");
    }

    [Fact]
    public async Task Live_says_nothing_but_that()
    {
        await using var journey = await Journey.StartAsync(cluster);
        using var answer = await Http.GetAsync(new Uri($"{journey.World.HostUrl}/health/live"), TestContext.Current.CancellationToken);
        (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe("""{"status":"live"}""");
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        journey.World.Lago.Journal.ShouldBeEmpty();
    }

    private static async Task<(HttpStatusCode Status, string Body)> ProbeAsync(HostProcess host)
    {
        using var answer = await Http.GetAsync(new Uri($"{host.Url}/health/ready"), TestContext.Current.CancellationToken);
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static Task UntilAsync(HostProcess host, (HttpStatusCode, string Body) wanted) =>
        Journey.UntilAsync(async () => await ProbeAsync(host) == wanted, $"the host answers {wanted.Body}");

    // Logged before the answer; the pipe to us may take a moment longer.
    private static Task UntilLoggedAsync(HostProcess host, string said, string? why = null) =>
        Journey.UntilAsync(() => host.Log.Any(line => line.Replace("\\u0027", "'", StringComparison.Ordinal).Contains(said, StringComparison.Ordinal)),
            why ?? $"the log says: {said}");
}
