using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;

namespace BillingMonolith.Journeys.MoneyBack;

/// <summary>While a bank decides, the credits wait; then they are free again, or gone.</summary>
public sealed class DisputeTests(Cluster cluster)
{
    [Theory]
    [InlineData("won", "600 credits, 0 owed; completed, 0 refunded, 0 disputed, 0 taken back", 600)]
    [InlineData("lost", "0 credits, 400 owed; disputed, 0 refunded, 1000 disputed, 1000 taken back", 0)]
    public async Task Disputed_credits_can_be_neither_spent_nor_end_until_it_is_decided(string end, string standing, long free)
    {
        await using var journey = await Journey.StartAsync(cluster);
        var session = journey.BuyPack(Journey.Ada, "starter");
        await journey.SettleAsync();
        (await journey.SpendAsync(Journey.Ada, 400)).ShouldBeTrue();
        await journey.TellAsync(journey.Dispute(session, Returning.DisputeCreated, "needs_response", 1000));
        await journey.TellAsync(journey.Dispute(session, Returning.DisputeUpdated, "under_review", 1000, second: 1));

        (await journey.StandingAsync(session)).ShouldBe("600 credits, 0 owed; disputed, 0 refunded, 0 disputed, 0 taken back, frozen");
        (await journey.SpendAsync(Journey.Ada, 1)).ShouldBeFalse();
        await journey.ExecuteAsync("UPDATE credit_lots SET expires_at = now() - interval '1 hour'");
        (await journey.CountAsync("credit_lots l, credit_expire(l.user_id, l.id)")).ShouldBe(0);
        await journey.ExecuteAsync("UPDATE credit_lots SET expires_at = NULL");

        await journey.TellAsync(journey.Dispute(session, Returning.DisputeClosed, end, 1000, second: 2));
        (await journey.StandingAsync(session)).ShouldBe(standing);
        await Oracles.HoldAsync(journey);
        if (free > 0) (await journey.SpendAsync(Journey.Ada, free)).ShouldBeTrue();
        (await journey.SpendAsync(Journey.Ada, 1)).ShouldBeFalse();
        (await journey.RowsAsync<string>("SELECT action || ' ' || (metadata->>'dispute') FROM audit_logs WHERE metadata->>'dispute' IS NOT NULL ORDER BY id"))
            .ShouldBe([.. ((string[])(end == "won" ? ["credit.freeze", "credit.release"] : ["credit.freeze", "credit.release", "credit.refund"]))
                .Select(action => $"{action} du_1_{journey.IntentOf(session)}")]);
    }

    [Fact]
    public async Task An_inquiry_holds_nothing_until_it_becomes_a_dispute()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var session = journey.BuyPack(Journey.Ada, "starter");
        await journey.SettleAsync();
        await journey.TellAsync(journey.Dispute(session, Returning.DisputeCreated, "warning_needs_response", 1000));
        (await journey.StandingAsync(session)).ShouldBe("1000 credits, 0 owed; completed, 0 refunded, 0 disputed, 0 taken back");
        await journey.TellAsync(journey.Dispute(session, Returning.DisputeUpdated, "needs_response", 1000, second: 1));
        await journey.TellAsync(journey.Dispute(session, Returning.DisputeUpdated, "warning_under_review", 1000)); // from before, late
        (await journey.StandingAsync(session)).ShouldBe("1000 credits, 0 owed; disputed, 0 refunded, 0 disputed, 0 taken back, frozen");
        await journey.TellAsync(journey.Dispute(session, Returning.DisputeClosed, "warning_closed", 1000, second: 2));
        (await journey.StandingAsync(session)).ShouldBe("1000 credits, 0 owed; completed, 0 refunded, 0 disputed, 0 taken back");
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_refund_and_a_dispute_of_one_payment_take_back_no_more_than_it_bought()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var session = journey.BuyPack(Journey.Ada, "starter");
        await journey.SettleAsync();
        var refund = journey.World.Stripe.Refund(session, 400);
        await journey.SettleAsync();
        await journey.TellAsync(journey.Dispute(session, Returning.DisputeCreated, "needs_response", 1000));
        (await journey.StandingAsync(session)).ShouldBe("600 credits, 0 owed; disputed, 400 refunded, 0 disputed, 400 taken back, frozen");
        await journey.TellAsync(journey.Dispute(session, Returning.DisputeClosed, "lost", 1000, second: 1));
        (await journey.StandingAsync(session)).ShouldBe("0 credits, 0 owed; disputed, 400 refunded, 600 disputed, 1000 taken back");

        journey.World.Stripe.FailRefund(refund);
        await journey.SettleAsync();
        (await journey.StandingAsync(session)).ShouldBe("0 credits, 0 owed; disputed, 0 refunded, 1000 disputed, 1000 taken back", "the dispute had all of it");
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_lost_dispute_that_is_appealed_and_lost_and_won_takes_back_and_gives_back_each_time()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var session = journey.BuyPack(Journey.Ada, "starter");
        await journey.SettleAsync();
        string[] statuses = ["needs_response", "lost", "appeal_under_review", "lost", "won"];
        for (var second = 0; second < statuses.Length; second++)
            await journey.TellAsync(journey.Dispute(session, Returning.DisputeUpdated, statuses[second], 1000, second));

        (await journey.StandingAsync(session)).ShouldBe("1000 credits, 0 owed; completed, 0 refunded, 0 disputed, 0 taken back");
        (await journey.EntriesAsync()).ShouldBe(["grant 1000 0", "clawback -1000 0", "restore 1000 0", "clawback -1000 0", "restore 1000 0"]);
        (await journey.CountAsync("inbox_steps WHERE outcome = 'parked'")).ShouldBe(0);
        await Oracles.HoldAsync(journey);
    }

    [Theory]
    [InlineData(true, "1000 credits, 0 owed; completed, 0 refunded, 0 disputed, 0 taken back")]
    [InlineData(false, "0 credits, 0 owed; disputed, 0 refunded, 1000 disputed, 1000 taken back")]
    public async Task A_dispute_ends_as_the_bank_decides_however_often_and_in_whatever_order_Stripe_tells_it(bool won, string standing)
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2);
        var stripe = journey.World.Stripe;
        (stripe.DeliveryFaults.Repeat, stripe.DeliveryFaults.Shuffle) = (3, true);
        var session = journey.BuyPack(Journey.Ada, "starter");
        var dispute = stripe.Dispute(session, inquiry: true);
        stripe.EscalateInquiry(dispute);
        stripe.CloseDispute(dispute, won);
        await journey.SettleAsync();

        (await journey.StandingAsync(session)).ShouldBe(standing);
        stripe.Events.Count(e => e.Type.StartsWith("charge.dispute.", StringComparison.Ordinal)).ShouldBeGreaterThan(3);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task Two_disputes_of_one_payment_hold_the_credits_until_both_are_decided()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var session = journey.BuyPack(Journey.Ada, "starter");
        await journey.SettleAsync();
        await journey.TellAsync(journey.Dispute(session, Returning.DisputeCreated, "needs_response", 500, number: "1"));
        await journey.TellAsync(journey.Dispute(session, Returning.DisputeCreated, "needs_response", 300, number: "2"));
        await journey.TellAsync(journey.Dispute(session, Returning.DisputeClosed, "lost", 300, second: 1, number: "2"));
        (await journey.StandingAsync(session)).ShouldBe("700 credits, 0 owed; disputed, 0 refunded, 300 disputed, 300 taken back, frozen");
        await journey.TellAsync(journey.Dispute(session, Returning.DisputeClosed, "won", 500, second: 1, number: "1"));
        (await journey.StandingAsync(session)).ShouldBe("700 credits, 0 owed; disputed, 0 refunded, 300 disputed, 300 taken back");
        (await journey.SpendAsync(Journey.Ada, 700)).ShouldBeTrue();
        await Oracles.HoldAsync(journey);
    }
}
