using BillingMonolith.Sandbox;

namespace BillingMonolith.Specs.Sandbox;

/// <summary>What time does at the stand-in.</summary>
public sealed class StripeClockSpecs
{
    [Fact]
    public async Task A_month_renews_the_subscription_for_the_price_it_has()
    {
        await using var world = await StripeWorld.StartAsync();
        var session = world.Stripe.OpenPlanSession(StripeWorld.Ada, "professional", "monthly");
        world.Stripe.Pay(session);
        var id = world.Stripe.SubscriptionOf(session);
        var end = world.Stripe.Read(id)["items"]!["data"]![0]!.Whole("current_period_end");

        world.Clock.AdvanceMonths(1);
        world.Clock.AdvanceMonths(1);

        string[] renewal = ["customer.subscription.updated", "invoice.created", "invoice.finalized", "invoice.paid", "invoice.payment_succeeded"];
        world.Types.Skip(6).ShouldBe([.. renewal, .. renewal]);
        world.Stripe.Events[6].Created.ShouldBe(end);
        var invoice = world.Stripe.Read(world.Stripe.Read(id).Name("latest_invoice"));
        (invoice.Text("billing_reason"), invoice.Whole("amount_paid")).ShouldBe(("subscription_cycle", 4900));
        invoice["lines"]!["data"]![0]!["period"]!.Whole("start").ShouldBe(invoice.Whole("created"));
        invoice.Whole("period_start").ShouldBe(end);
    }

    [Fact]
    public async Task Advancing_a_year_at_once_renews_every_month()
    {
        await using var world = await StripeWorld.StartAsync();
        world.Stripe.Pay(world.Stripe.OpenPlanSession(StripeWorld.Ada, "starter", "monthly"));
        world.Clock.AdvanceMonths(12);
        world.Types.Count(t => t == "invoice.paid").ShouldBe(13);
    }

    [Fact]
    public async Task A_cancellation_takes_effect_at_the_end_of_the_period()
    {
        await using var world = await StripeWorld.StartAsync();
        var session = world.Stripe.OpenPlanSession(StripeWorld.Ada, "starter", "monthly");
        world.Stripe.Pay(session);
        world.Stripe.CancelAtPeriodEnd(world.Stripe.SubscriptionOf(session));
        world.Clock.AdvanceMonths(2);
        world.Types.Skip(6).ShouldBe(["customer.subscription.updated", "customer.subscription.deleted"]);
        var ended = world.Stripe.Read(world.Stripe.SubscriptionOf(session));
        ended.Whole("ended_at").ShouldBe(ended.Whole("cancel_at"));
    }

    [Fact]
    public async Task A_trial_is_warned_of_and_ends_in_a_paid_period()
    {
        await using var world = await StripeWorld.StartAsync();
        var price = world.Stripe.Prices["starter_monthly"].Name("id");
        var session = world.Stripe.Open($"mode=subscription&line_items[0][price]={price}&success_url=https://a.test&subscription_data[trial_period_days]=14");
        world.Stripe.Pay(session);
        world.Stripe.Read(session).Text("payment_status").ShouldBe("no_payment_required");
        world.Stripe.Read(world.Stripe.SubscriptionOf(session)).Text("status").ShouldBe("trialing");
        world.Clock.Advance(TimeSpan.FromDays(12));
        world.Types.Last().ShouldBe("customer.subscription.trial_will_end");
        world.Clock.Advance(TimeSpan.FromDays(3));
        world.Types.Last().ShouldBe("invoice.payment_succeeded");
        world.Stripe.Read(world.Stripe.SubscriptionOf(session)).Text("status").ShouldBe("active");
    }

    [Fact]
    public async Task A_broken_card_makes_it_past_due_until_it_is_mended()
    {
        await using var world = await StripeWorld.StartAsync();
        var session = world.Stripe.OpenPlanSession(StripeWorld.Ada, "starter", "monthly");
        world.Stripe.Pay(session);
        var id = world.Stripe.SubscriptionOf(session);
        world.Stripe.BreakCard(id);
        world.Clock.AdvanceMonths(1);
        world.Types.TakeLast(2).ShouldBe(["invoice.payment_failed", "customer.subscription.updated"]);
        world.Stripe.Read(id).Text("status").ShouldBe("past_due");
        world.Stripe.BreakCard(id, broken: false);
        world.Clock.Advance(TimeSpan.FromDays(4));
        world.Types.TakeLast(3).ShouldBe(["invoice.paid", "invoice.payment_succeeded", "customer.subscription.updated"]);
        world.Stripe.Read(id).Text("status").ShouldBe("active");
    }

    [Fact]
    public async Task Open_sessions_expire_and_paid_ones_do_not()
    {
        await using var world = await StripeWorld.StartAsync();
        var open = world.Stripe.OpenPackSession(StripeWorld.Ada, "starter");
        world.Stripe.Pay(world.Stripe.OpenPackSession(StripeWorld.Ada, "starter"));
        world.Clock.Advance(TimeSpan.FromHours(25));
        world.Types.Count(t => t == "checkout.session.expired").ShouldBe(1);
        world.Stripe.Read(open).Text("status").ShouldBe("expired");
        (await world.Http.GetStringAsync($"/c/pay/{open}")).ShouldContain("This checkout has expired");
        Should.Throw<StripeFault>(() => world.Stripe.Pay(open));
    }
}
