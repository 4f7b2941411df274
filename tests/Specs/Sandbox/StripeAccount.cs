using BillingMonolith.Sandbox;

namespace BillingMonolith.Specs.Sandbox;

/// <summary>An account in which everything has happened that the stand-in knows.</summary>
internal static class StripeAccount
{
    /// <summary>The lists of the API whose objects can be read one by one.</summary>
    public static readonly string[] Lists =
    [
        "/v1/checkout/sessions", "/v1/customers", "/v1/products", "/v1/prices", "/v1/coupons", "/v1/promotion_codes", "/v1/subscriptions", "/v1/invoices",
        "/v1/invoice_payments", "/v1/events", "/v1/webhook_endpoints", "/v1/payment_intents", "/v1/refunds", "/v1/disputes",
    ];

    public static void EverythingHappens(StripeWorld world)
    {
        var stripe = world.Stripe;
        var plan = stripe.OpenPlanSession(StripeWorld.Ada, "starter", "monthly");
        stripe.Pay(plan);
        stripe.ChangePlan(stripe.SubscriptionOf(plan), "professional_monthly");
        stripe.BreakCard(stripe.SubscriptionOf(plan));
        world.Clock.AdvanceMonths(1);
        stripe.CancelAtPeriodEnd(stripe.SubscriptionOf(plan));
        stripe.Cancel(stripe.SubscriptionOf(plan));
        var trial = stripe.Open($"mode=subscription&line_items[0][price]={stripe.Prices["starter_monthly"].Name("id")}&success_url=https://a.test" +
            "&subscription_data[trial_period_days]=2");
        stripe.Pay(trial);
        foreach (var ok in new[] { true, false })
        {
            var later = stripe.OpenPackSession(StripeWorld.Ada, "pro");
            stripe.PayLater(later);
            stripe.Settle(later, ok);
        }

        var pack = stripe.OpenPackSession(StripeWorld.Ada, "starter");
        stripe.Pay(pack);
        stripe.Refund(pack, 300);
        stripe.FailRefund(stripe.Refund(pack, pending: true));
        foreach (var won in new[] { true, false })
        {
            var disputed = stripe.OpenPackSession(StripeWorld.Ada, "starter");
            stripe.Pay(disputed);
            stripe.CloseDispute(stripe.Dispute(disputed), won);
        }

        stripe.PayWithFullCoupon(stripe.OpenPackSession(StripeWorld.Ada, "pro"));
        stripe.Pay(stripe.OpenCartSession(StripeWorld.Ada));
        stripe.Expire(stripe.OpenPackSession(StripeWorld.Ada, "pro"));
        stripe.AddWebhookEndpoint("http://127.0.0.1:9/nobody");
    }
}
