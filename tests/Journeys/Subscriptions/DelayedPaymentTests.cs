using BillingMonolith.Journeys.Kit;

namespace BillingMonolith.Journeys.Subscriptions;

/// <summary>A subscription paid by bank debit: Stripe calls it active days before the money is there.</summary>
public sealed class DelayedPaymentTests(Cluster cluster)
{
    [Fact]
    public async Task A_subscription_whose_first_payment_is_on_its_way_grants_nothing_until_the_money_is_there()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var stripe = journey.World.Stripe;
        var session = stripe.OpenPlanSession(Journey.Ada, "professional", "monthly");

        stripe.PayLater(session);
        await journey.SettleAsync();
        journey.TierOf(Journey.Ada.Id).ShouldBe("free");
        journey.World.Lago.Subscriptions(Journey.Ada.Id).ShouldBeEmpty();
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(0);

        stripe.Settle(session, ok: true);
        await journey.SettleAsync();
        journey.TierOf(Journey.Ada.Id).ShouldBe("professional");
        journey.World.Lago.Subscriptions(Journey.Ada.Id).ShouldHaveSingleItem().Status.ShouldBe("active");
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(60);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_subscription_whose_first_payment_fails_never_grants_anything()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var stripe = journey.World.Stripe;
        var session = stripe.OpenPlanSession(Journey.Ada, "professional", "monthly");

        stripe.PayLater(session);
        stripe.Settle(session, ok: false);
        await journey.SettleAsync();

        journey.TierOf(Journey.Ada.Id).ShouldBe("free");
        journey.World.Lago.Subscriptions(Journey.Ada.Id).ShouldBeEmpty();
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(0);
        await Oracles.HoldAsync(journey);
    }
}
