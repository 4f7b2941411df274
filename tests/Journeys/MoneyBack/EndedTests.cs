using BillingMonolith.Credits;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;

namespace BillingMonolith.Journeys.MoneyBack;

/// <summary>Credits that ended by themselves are with the shop already: nobody owes what he never used, and nobody gets it back.</summary>
public sealed class EndedTests(Cluster cluster)
{
    [Fact]
    public async Task Of_credits_that_ended_only_what_was_spent_is_owed_and_a_failed_refund_gives_no_more_than_it_took()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var stripe = journey.World.Stripe;
        var session = journey.BuyPack(Journey.Ada, "starter");
        await journey.SettleAsync();
        (await journey.SpendAsync(Journey.Ada, 400)).ShouldBeTrue();
        await EndAsync(journey);

        var first = stripe.Refund(session, 500);
        await journey.SettleAsync();
        (await journey.StandingAsync(session)).ShouldBe("0 credits, 0 owed; completed, 500 refunded, 0 disputed, 500 taken back");
        var second = stripe.Refund(session, 500);
        await journey.SettleAsync();
        (await journey.StandingAsync(session)).ShouldBe("0 credits, 400 owed; refunded, 1000 refunded, 0 disputed, 1000 taken back");
        stripe.FailRefund(first);
        await journey.SettleAsync();
        (await journey.StandingAsync(session)).ShouldBe("0 credits, 0 owed; completed, 500 refunded, 0 disputed, 500 taken back");
        stripe.FailRefund(second);
        await journey.SettleAsync();
        (await journey.StandingAsync(session)).ShouldBe("0 credits, 0 owed; completed, 0 refunded, 0 disputed, 0 taken back");

        (await journey.EntriesAsync()).ShouldBe(
            ["grant 1000 0", "consume -400 0", "expire -600 0", "clawback 0 0", "clawback 0 400", "restore 0 -400", "restore 0 0"]);
        (await journey.RowsAsync<string>("""
            SELECT concat_ws(' ', action, metadata->>'credits', metadata->>'owed', metadata->>'ended') FROM audit_logs
            WHERE action IN ('credit.refund', 'credit.restore') ORDER BY id
            """)).ShouldBe(["credit.refund 500 0 500", "credit.refund 500 400 100", "credit.restore 500 -400 -100", "credit.restore 500 0 -500"]);
        await SoundAsync(journey);
    }

    [Fact]
    public async Task A_failed_refund_of_credits_that_had_ended_pays_no_other_debt()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var stripe = journey.World.Stripe;
        var ended = journey.BuyPack(Journey.Ada, "starter");
        await journey.SettleAsync();
        await EndAsync(journey);
        var spent = journey.BuyPack(Journey.Ada, "starter");
        await journey.SettleAsync();
        (await journey.SpendAsync(Journey.Ada, 1000)).ShouldBeTrue();
        stripe.Refund(spent);
        await journey.SettleAsync();

        var refund = stripe.Refund(ended);
        await journey.SettleAsync();
        (await journey.StandingAsync(ended)).ShouldBe("0 credits, 1000 owed; refunded, 1000 refunded, 0 disputed, 1000 taken back");
        stripe.FailRefund(refund);
        await journey.SettleAsync();
        (await journey.StandingAsync(ended)).ShouldBe("0 credits, 1000 owed; completed, 0 refunded, 0 disputed, 0 taken back");
        await SoundAsync(journey);
    }

    /// <summary>The end of all credits comes, and a host sees it as it starts.</summary>
    private static async Task EndAsync(Journey journey)
    {
        await journey.ExecuteAsync("UPDATE credit_lots SET expires_at = now() - interval '1 hour'");
        await journey.World.StartHostAsync();
        await Journey.UntilAsync(async () => await journey.BalanceAsync(Journey.Ada.Id) == 0, "what is left is swept");
    }

    private static async Task SoundAsync(Journey journey)
    {
        await Oracles.HoldAsync(journey);
        (await new VerifyLedgerHandler(journey.Db).Handle(new VerifyLedger(), CancellationToken.None)).FirstBad.ShouldBeNull();
    }
}
