using System.Net;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;

namespace BillingMonolith.Journeys.Crashes;

/// <summary>The connection is lost at COMMIT (the original incident): nobody can know whether it was applied, so both must end well.</summary>
public sealed class CommitCutTests(Cluster cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task An_event_whose_commit_was_cut_is_not_acknowledged_and_its_repeat_is_stored_and_carried_out_once()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        await using var relay = PostgresRelay.Start(journey.World.ConnectionString);
        await StartHostAsync(journey, relay);
        foreach (var applied in (bool[])[true, false])
        {
            var bought = Crowd.Pack(journey.World, Journey.Ada);
            var cut = relay.CutAtCommit(applied, bytes => Crowd.Holds(bytes, bought.EventId));

            var answer = await Crowd.PostAsync(journey, bought);
            await cut.WaitAsync(Patience);
            (answer.Status, answer.Word).ShouldBe((HttpStatusCode.ServiceUnavailable, "not-stored"));
            answer.RetryAfter.ShouldNotBeNull("503 says when to come again");
            (await journey.CountAsync("inbox_events WHERE id = @EventId", bought)).ShouldBe(applied ? 1 : 0);

            var again = await Crowd.PostAsync(journey, bought);
            (again.Status, again.Word).ShouldBe((HttpStatusCode.OK, applied ? "already_processed" : "success"));
            await journey.SettleAsync();
            (await journey.CountAsync("inbox_events WHERE id = @EventId", bought)).ShouldBe(1);
            (await journey.CountAsync("credit_lots WHERE source = 'session:' || @SessionId", bought)).ShouldBe(1, "one grant");
        }

        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(2 * Crowd.PackCredits);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_grant_whose_commit_was_cut_comes_about_once_and_its_step_ends()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        await using var relay = PostgresRelay.Start(journey.World.ConnectionString);
        await StartHostAsync(journey, relay);
        foreach (var applied in (bool[])[true, false])
        {
            var bought = Crowd.Pack(journey.World, Journey.Ada);
            var cut = relay.CutAtCommit(applied, bytes => Crowd.Holds(bytes, $"session:{bought.SessionId}"));

            (await Crowd.PostAsync(journey, bought)).Status.ShouldBe(HttpStatusCode.OK);
            await cut.WaitAsync(Patience);
            await journey.SettleAsync();
            (await AttemptsAsync(journey, bought, "credits.settle-purchase")).ShouldBe(applied ? 1 : 2);
            (await journey.CountAsync("credit_lots WHERE source = 'session:' || @SessionId", bought)).ShouldBe(1, "one grant");
        }

        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(2 * Crowd.PackCredits);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_subscription_whose_commit_was_cut_is_mirrored_once_and_its_step_ends()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        await using var relay = PostgresRelay.Start(journey.World.ConnectionString);
        await StartHostAsync(journey, relay);
        foreach (var (user, applied) in (IEnumerable<(ShopUser, bool)>)[(Journey.Ada, true), (Journey.Grace, false)])
        {
            var bought = Crowd.Plan(journey.World, user);
            var subscription = journey.World.Stripe.SubscriptionOf(bought.SessionId);
            // The transaction that holds both is the effect: its row, and the end of its step.
            var cut = relay.CutAtCommit(applied, bytes => Crowd.Holds(bytes, subscription) && Crowd.Holds(bytes, "billing.sync-subscription"));

            (await Crowd.PostAsync(journey, bought)).Status.ShouldBe(HttpStatusCode.OK);
            await cut.WaitAsync(Patience);
            await journey.SettleAsync();
            (await AttemptsAsync(journey, bought, "billing.sync-subscription")).ShouldBe(applied ? 1 : 2);
            journey.World.Lago.Subscriptions(user.Id).Select(s => (s.ExternalId, s.Status)).ShouldBe([(subscription, "active")]);
            (await journey.CountAsync("audit_logs WHERE action = 'subscription.created' AND resource_id = @subscription", new { subscription })).ShouldBe(1);
            journey.TierOf(user.Id).ShouldBe("professional");
        }

        await Oracles.HoldAsync(journey);
    }

    private static Task StartHostAsync(Journey journey, PostgresRelay relay) =>
        journey.World.StartHostAsync(new Dictionary<string, string?> { ["DATABASE_URL"] = relay.ConnectionString(journey.World.ConnectionString) });

    private static Task<int> AttemptsAsync(Journey journey, Bought bought, string command) =>
        journey.ScalarAsync<int>(
            "SELECT attempts FROM inbox_steps WHERE event_id = @EventId AND command = @command AND outcome = 'done'", new { bought.EventId, command });
}
