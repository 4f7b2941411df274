using System.Diagnostics;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;

namespace BillingMonolith.Journeys.Crashes;

/// <summary>SIGTERM: a host finishes or gives back what it has, and is gone.</summary>
public sealed class ShutdownTests(Cluster cluster)
{
    [Fact]
    public async Task A_host_that_is_told_to_end_under_load_ends_well_and_leaves_no_lease_behind()
    {
        const int size = 150;
        await using var journey = await Journey.StartAsync(cluster);
        journey.World.Stripe.Courier.FirstWait = TimeSpan.FromSeconds(0.2);
        journey.World.Stripe.Courier.LongestWait = TimeSpan.FromSeconds(1);
        journey.World.Lago.Add(new Fault(_ => true, int.MaxValue) { Delay = TimeSpan.FromSeconds(0.1) }); // so that calls are under way
        Crowd.Buy(journey.World, size);
        await Journey.UntilAsync(
            async () => await journey.CountAsync("inbox_steps WHERE lane = 'remote' AND attempts > 0 AND outcome IS NULL") > 0, "remote steps are under way");

        var watch = Stopwatch.StartNew();
        journey.World.Host.Terminate();
        (await journey.World.Host.WaitForExitAsync(TestContext.Current.CancellationToken)).ShouldBe(0, string.Join('\n', journey.World.Host.Log.TakeLast(20)));
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(30));
        (await journey.CountAsync("inbox_steps WHERE outcome IS NULL AND attempts > 0 AND last_error IS NULL")).ShouldBe(0, "no lease is left to run out");

        journey.World.Lago.Heal();
        await journey.World.StartHostAsync();
        await journey.SettleAsync();
        await Crowd.ServedAsync(journey, size);
    }

    [Fact]
    public async Task A_step_that_does_not_finish_in_time_is_given_back()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new() { ["Inbox__LeaseSeconds"] = "600", ["Inbox__DrainSeconds"] = "1" });
        var bought = Crowd.Plan(journey.World, Journey.Ada);
        var hangs = new Fault(_ => true, int.MaxValue) { Delay = TimeSpan.FromMinutes(2) };
        journey.World.Lago.Add(hangs);
        await Crowd.PostAsync(journey, bought);
        await Journey.UntilAsync(() => hangs.Struck > 0, "the host is in the middle of a call");

        journey.World.Host.Terminate();
        (await journey.World.Host.WaitForExitAsync(TestContext.Current.CancellationToken)).ShouldBe(0);
        (await journey.CountAsync("inbox_steps WHERE outcome IS NULL AND (next_attempt_at > now() OR last_error IS NULL)")).ShouldBe(0);

        journey.World.Lago.Heal();
        await journey.World.StartHostAsync();
        await journey.SettleAsync();
        journey.World.Lago.Subscriptions(Journey.Ada.Id).Count.ShouldBe(1);
        await Oracles.HoldAsync(journey);
    }
}
