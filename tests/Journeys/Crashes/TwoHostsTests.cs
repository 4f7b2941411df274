using System.Diagnostics;
using BillingMonolith.Journeys.Kit;

namespace BillingMonolith.Journeys.Crashes;

/// <summary>Hosts share the work and nothing but the database.</summary>
public sealed class TwoHostsTests(Cluster cluster)
{
    /// <summary>The full number is 5,000: JOURNEY_EVENTS=5000.</summary>
    [Fact]
    public async Task Two_hosts_on_one_database_both_work_and_every_effect_is_there_once()
    {
        var size = Crowd.Size(usual: 300);
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        await Witness.InstallAsync(journey);
        await Witness.StartHostAsync(journey, "one");
        await Witness.StartHostAsync(journey, "two");
        journey.World.Stripe.DeliveryFaults.Repeat = 2;
        journey.World.Stripe.DeliveryFaults.Shuffle = true;
        var watch = Stopwatch.StartNew();
        Crowd.Buy(journey.World, size);
        await journey.SettleAsync(Crowd.Patience(size));

        var steps = await Witness.StepsByHostAsync(journey);
        TestContext.Current.SendDiagnosticMessage($"{size} purchases, {journey.World.Stripe.Events.Count} events, each delivered twice: "
            + $"{watch.Elapsed.TotalSeconds:0.0} s; steps ended: {string.Join(", ", steps)}");
        steps.Keys.ShouldBe(["one", "two"], ignoreOrder: true);
        steps.Values.Sum().ShouldBe(await journey.CountAsync("inbox_steps"), "every step ended once");
        await Crowd.ServedAsync(journey, size);
    }
}
