using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox;

namespace BillingMonolith.Journeys.Reconcile;

/// <summary>What reconcile never does, and that there is one of it at a time.</summary>
public sealed class GuardTests(Cluster cluster)
{
    [Fact]
    public async Task One_run_at_a_time_a_killed_one_is_continued_and_nobody_is_ended_on_doubt()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new() { ["Reconcile__LeaseSeconds"] = "1" });
        var ada = journey.BuyPlan(Journey.Ada, "professional");
        await journey.SettleAsync();
        // One that Stripe does not know, and one that somebody made in Lago.
        await journey.ExecuteAsync("""
            INSERT INTO billing_subscriptions (subscription_id, user_id, customer_id, tier_id, billing_cycle, status, as_of, as_of_rank, lago_plan_code)
            SELECT 'sub_ghost', user_id, customer_id, 'starter', billing_cycle, status, as_of, as_of_rank, 'starter' FROM billing_subscriptions WHERE subscription_id = @ada
            """, new { ada });
        journey.World.Lago.SeedSubscription(Journey.Ada.Id, "sub_ghost", "starter");
        journey.World.Lago.SeedSubscription(Journey.Ada.Id, "made_by_hand", "starter");
        var before = await journey.StateAsync();

        journey.World.Stripe.Add(new Fault(r => r.Path == "/v1/subscriptions", int.MaxValue) { Delay = TimeSpan.FromMinutes(1) });
        await using (var first = journey.LaunchReconcile("--apply"))
        {
            await Journey.UntilAsync(async () => await journey.CountAsync("reconcile_runs WHERE phase = 'stripe'") == 1 || first.HasExited, "the first has its events");
            var (code, text) = await journey.ReconcileAsync("--apply");
            code.ShouldBe(1, text);
            text.ShouldContain("Reconcile run 1 of command line");
            text.ShouldContain("is under way since");
            first.Kill();
        }

        journey.World.Stripe.Heal();
        var listed = Listed();
        (int Code, string Text) second = (1, "");
        await Journey.UntilAsync(async () => (second = await journey.ReconcileAsync("--apply")).Code != 1, "the lease of the killed one ends");
        second.Text.ShouldContain("Run 1 is done");
        second.Code.ShouldBe(2, second.Text);
        (await journey.RowsAsync<string>("SELECT concat_ws(' ', id, state, fence > 1) FROM reconcile_runs")).ShouldBe(["1 done t"]);
        Listed().ShouldBe(listed, "it went on after the events");

        (await journey.FindingsAsync()).ShouldBe([$"lago lago-stray {Journey.Ada.Id} open", "stripe stripe-unknown sub_ghost open"]);
        second.Text.ShouldContain("nothing is ended because Stripe is silent");
        (await journey.StateAsync()).ShouldBe(before, "on doubt nothing is ended, by --apply neither");

        int Listed() => journey.World.Stripe.Journal.Count(j => j.Path.StartsWith("/v1/events", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_host_reconciles_by_itself_and_repairs_only_when_it_is_told_to()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new() { ["Reconcile__EveryHours"] = "0.0001" });
        var ada = journey.BuyPlan(Journey.Ada, "professional");
        await journey.SettleAsync();
        journey.World.Stripe.DeliveryFaults.Drop = true;
        journey.BuyPack(Journey.Ada, "starter");
        journey.World.Stripe.DeliveryFaults.Drop = false;
        journey.World.Lago.SeedSubscription(Journey.Ada.Id, ada, "enterprise");
        journey.World.Clock.Advance(TimeSpan.FromMinutes(10));

        await Journey.UntilAsync(async () => await journey.BalanceAsync(Journey.Ada.Id) == 1060, "the missed pack is granted");
        await Journey.UntilAsync(async () => await journey.CountAsync("reconcile_findings WHERE kind = 'lago-plan' AND state = 'open'") > 0, "drift is reported");
        journey.World.Lago.Subscriptions(Journey.Ada.Id).Single(s => s.Status == "active").PlanCode.ShouldBe("enterprise", "left alone");
    }
}
