using System.Diagnostics;
using System.Net;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;

namespace BillingMonolith.Journeys.Crashes;

/// <summary>A host can end, or stand still, at any instant; what it had begun is somebody else's when its lease is over.</summary>
public sealed class KilledHostTests(Cluster cluster)
{
    private const int LeaseSeconds = 2;
    /// <summary>Those of a crowd who buy while no host is up.</summary>
    private const int Late = 20;
    private static readonly Dictionary<string, string?> ShortLeases = new() { ["Inbox__LeaseSeconds"] = "2", ["Inbox__PollSeconds"] = "1" };

    [Fact]
    public async Task What_a_killed_host_had_claimed_another_finishes_within_the_lease_and_every_effect_is_there_once()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2, ShortLeases);
        var (first, second) = (journey.World.Hosts[0], journey.World.Hosts[1]);
        var bought = Crowd.Plan(journey.World, Journey.Ada);
        var hangs = new Fault(r => r.Method == "POST" && r.Path == "/api/v1/subscriptions", Times: 1) { Delay = TimeSpan.FromMinutes(1) };
        journey.World.Lago.Add(hangs);

        second.Suspend(); // so that the first claims it
        (await Crowd.PostAsync(journey, bought)).Status.ShouldBe(HttpStatusCode.OK);
        await Journey.UntilAsync(() => hangs.Struck == 1, "the first host is in the middle of a call");
        first.Kill();
        var watch = Stopwatch.StartNew();
        second.Resume();
        await journey.SettleAsync();

        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(LeaseSeconds + 5), "work resumes when the lease is over");
        (await AttemptsAsync(journey, "billing.sync-subscription")).ShouldBeGreaterThan(1);
        await ProvisionedOnceAsync(journey);
    }

    [Theory]
    [InlineData("lago")]
    [InlineData("keycloak")]
    public async Task A_host_that_stood_still_for_two_leases_changes_nothing_when_it_wakes(string within)
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0, ShortLeases);
        await Witness.InstallAsync(journey);
        var stale = await Witness.StartHostAsync(journey, "stale");
        var healthy = await Witness.StartHostAsync(journey, "healthy");
        var bought = Crowd.Plan(journey.World, Journey.Ada);
        var (neighbour, method) = within == "lago" ? ((StandIn)journey.World.Lago, "POST") : (journey.World.Keycloak, "PUT");
        var slow = new Fault(r => r.Method == method, Times: 1) { Delay = TimeSpan.FromSeconds(0.2) };
        neighbour.Add(slow);

        healthy.Suspend();
        (await Crowd.PostAsync(journey, bought)).Status.ShouldBe(HttpStatusCode.OK);
        await Journey.UntilAsync(() => slow.Struck == 1, "the host is in the middle of a call");
        stale.Suspend();
        var watch = Stopwatch.StartNew();
        healthy.Resume();
        await journey.SettleAsync();
        await Journey.UntilAsync(() => watch.Elapsed.TotalSeconds > 2 * LeaseSeconds, "two leases are over");
        const string steps = "SELECT command, attempts, completed_at FROM inbox_steps WHERE event_id = @EventId ORDER BY 1";
        var before = await journey.RowsAsync<(string, int, DateTime)>(steps, bought);
        stale.Resume();

        // It is well again when it answers; by then it has tried to go on with what it had.
        await Journey.UntilAsync(() => stale.Log.Any(l => l.Contains(bought.EventId, StringComparison.Ordinal)), "the stale host says what it met");
        (await Crowd.PostAsync(journey, Crowd.Pack(journey.World, Journey.Grace), stale.Url)).Status.ShouldBe(HttpStatusCode.OK);
        await journey.SettleAsync();
        (await journey.RowsAsync<(string, int, DateTime)>(steps, bought)).ShouldBe(before);
        (await journey.CountAsync("(SELECT FROM witness GROUP BY event_id, command HAVING count(*) > 1) x")).ShouldBe(0, "no step ends twice");
        await ProvisionedOnceAsync(journey);
    }

    [Fact]
    public async Task A_claim_of_another_makes_the_work_under_the_older_one_worthless()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new() { ["Inbox__RemoteEvents"] = "1" });
        var bought = Crowd.Plan(journey.World, Journey.Ada);
        var slow = new Fault(r => r.Method == "POST" && r.Path == "/api/v1/subscriptions", Times: 1) { Delay = TimeSpan.FromSeconds(1) };
        journey.World.Lago.Add(slow);

        (await Crowd.PostAsync(journey, bought)).Status.ShouldBe(HttpStatusCode.OK);
        await Journey.UntilAsync(() => slow.Struck == 1, "the host is in the middle of a call");
        // What the claim of another host does; that one takes its time.
        await journey.ScalarAsync<object>("""
            UPDATE inbox_steps SET attempts = attempts + 1, next_attempt_at = clock_timestamp() + interval '1 minute'
            WHERE event_id = @EventId AND command = 'billing.sync-subscription'
            """, bought);
        await Journey.UntilAsync(() => journey.World.Host.Log.Any(l => l.Contains("was lost", StringComparison.Ordinal)), "it learns of that");
        (await journey.CountAsync("billing_subscriptions")).ShouldBe(0, "the stale owner's row is rolled back");
        (await journey.CountAsync("audit_logs WHERE action = 'subscription.created'")).ShouldBe(0);

        await journey.ScalarAsync<object>("UPDATE inbox_steps SET next_attempt_at = clock_timestamp() WHERE event_id = @EventId AND outcome IS NULL", bought);
        await journey.SettleAsync();
        await ProvisionedOnceAsync(journey);
    }

    /// <summary>The full number is 1,000: JOURNEY_EVENTS=1000.</summary>
    [Fact]
    public async Task A_host_killed_in_the_middle_of_a_crowd_and_started_again_leaves_nothing_undone_and_nothing_done_twice()
    {
        var size = Crowd.Size(usual: 200);
        await using var journey = await Journey.StartAsync(cluster, settings: ShortLeases);
        journey.World.Stripe.Courier.FirstWait = TimeSpan.FromSeconds(0.2);
        journey.World.Stripe.Courier.LongestWait = TimeSpan.FromSeconds(1);
        var watch = Stopwatch.StartNew();
        Crowd.Buy(journey.World, size - Late);
        await Journey.UntilAsync(
            async () => await journey.CountAsync("inbox_steps WHERE command <> 'route' AND outcome = 'done'") > size / 10, "some end", Crowd.Patience(size));

        journey.World.Host.Kill();
        Crowd.Buy(journey.World, size, from: size - Late);
        await Journey.UntilAsync(() => journey.World.Stripe.Deliveries.Any(d => !d.Taken), "Stripe meets a dead host");
        var (done, open) = (await journey.CountAsync("inbox_steps WHERE outcome IS NOT NULL"), await journey.CountAsync("inbox_steps WHERE outcome IS NULL"));
        await journey.World.StartHostAsync();
        await journey.SettleAsync(Crowd.Patience(size));

        TestContext.Current.SendDiagnosticMessage(
            $"{size} purchases, {journey.World.Stripe.Events.Count} events, killed at {done} ended, {open} open steps: {watch.Elapsed.TotalSeconds:0.0} s");
        await Crowd.ServedAsync(journey, size);
    }

    private static Task<int> AttemptsAsync(Journey journey, string command) =>
        journey.ScalarAsync<int>("SELECT attempts FROM inbox_steps WHERE command = @command AND outcome = 'done'", new { command });

    private static async Task ProvisionedOnceAsync(Journey journey)
    {
        journey.World.Lago.Subscriptions(Journey.Ada.Id).Select(s => s.Status).ShouldBe(["active"]);
        journey.TierOf(Journey.Ada.Id).ShouldBe("professional");
        (await journey.RowsAsync<(string, long)>("SELECT action, count(*) FROM audit_logs WHERE user_id = @Id GROUP BY 1 ORDER BY 1", Journey.Ada))
            .ShouldBe([("credit.allocate", 1), ("subscription.created", 1), ("tier.changed", 1)]);
        await Oracles.HoldAsync(journey);
    }
}
