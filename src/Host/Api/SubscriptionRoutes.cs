using BillingMonolith.Billing;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Checkout;
using BillingMonolith.Host.Http;
using BillingMonolith.Identity;
using BillingMonolith.SharedKernel;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace BillingMonolith.Host.Api;

/// <summary>Subscribing to a plan, and its state. Changes are in <see cref="SubscriptionChangeRoutes"/>.</summary>
internal static class SubscriptionRoutes
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var billing = api.MapGroup("/billing").RequireAuthorization(Policies.User).WithTags("Subscriptions");
        billing.MapPost("/subscriptions/checkout", CheckoutAsync).WithName("subscribe").WithSummary("Subscribe to a plan")
            .WithDescription("Opens a checkout at Stripe: send the buyer to `checkout_url`. Of one family of plans there is one subscription and one open "
                + "checkout: asked again for the same plan, the same one is answered; asked for another, the first is closed.")
            .WithMetadata(Limit.Purchases, new Refuses(400, "unknown-tier"), new Refuses(400, "free-tier"), new Refuses(400, "cycle-not-offered"),
                new Refuses(403, "invite-only"), new Refuses(409, "already-subscribed"), new Refuses(409, "price-not-set-up"),
                new Refuses(409, "checkout-closed"), new Refuses(409, "in-progress"), new Refuses(422, "currency-not-offered"), new Example(
                Request: """{"tier_id": "professional", "billing_cycle": "yearly"}""",
                Response: """{"checkout_url": "https://checkout.stripe.com/c/pay/cs_test_a1b2c3", "session_id": "cs_test_a1b2c3"}"""));
        billing.MapGet("/subscription-status", StatusAsync).WithName("readSubscriptionStatus").WithSummary("Your subscriptions")
            .WithDescription("As last told by Stripe: those that go on first, the newest first. `pending_change` is what one will become when its period ends.")
            .WithMetadata(new Example(Response: """
                {"has_subscription": true, "current_tier": "professional", "status": "active", "subscriptions": [{
                  "id": "sub_1QqAb2LkdIwHu7ix", "status": "active", "current_period_end": "2026-12-20T09:41:08Z", "cancel_at_period_end": false,
                  "tier_id": "professional", "tier_name": "Professional", "billing_cycle": "monthly", "amount": 49.00, "amount_minor": 4900,
                  "currency": "usd", "pending_change": {
                    "tier_id": "starter", "tier_name": "Starter", "billing_cycle": "monthly", "effective_at": "2026-12-20T09:41:08Z"}}]}
                """));
    }

    private static async Task<Ok<OpenedPlan>> CheckoutAsync(
        IdempotencyKey? key, NewSubscription asked, HttpContext context, PlanCheckout checkout, Replay replay, CancellationToken cancellationToken)
    {
        var order = new PlanOrder(asked.TierId, asked.BillingCycle, asked.SuccessUrl, asked.CancelUrl, asked.Currency);
        var opened = await checkout.OpenAsync(Buyer.Of(context.User), order, key?.Value.Key, Problem.TraceId(context), cancellationToken);
        replay.Happened = key is not null && opened.IsRepeat;
        return TypedResults.Ok(new OpenedPlan(opened.CheckoutUrl!, opened.SessionId!));
    }

    private static async Task<Ok<SubscriptionStatus>> StatusAsync(HttpContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var caller = context.User.UserId!;
        var own = await mediator.Send(new ReadSubscriptions(caller), cancellationToken);
        return TypedResults.Ok(new SubscriptionStatus(own.Any(s => s.IsLive), await mediator.Send(new ReadTier(caller), cancellationToken),
            own.Count > 0 ? own[0].Status : "none", [.. own.Select(SubscriptionEntry.Of)]));
    }

    /// <summary>The plan, and the pages to open afterwards.</summary>
    /// <param name="TierId">One of the list of plans.</param>
    /// <param name="BillingCycle">`monthly` or `yearly`.</param>
    /// <param name="SuccessUrl">The page to open after payment: on the public origin or one of `Credits:ReturnOrigins`. Stripe puts the session's
    /// id in place of `{CHECKOUT_SESSION_ID}`. Absent = this service's own page.</param>
    /// <param name="CancelUrl">The page to open when the buyer leaves without paying, under the same rule.</param>
    /// <param name="Currency">One of the plan's, as ISO 4217 in lower case; absent = its default.</param>
    internal sealed record NewSubscription(
        string TierId, string BillingCycle, string? SuccessUrl = null, string? CancelUrl = null, string? Currency = null);

    /// <summary>A checkout that waits for the buyer.</summary>
    /// <param name="CheckoutUrl">Stripe's page, open for 24 hours.</param>
    /// <param name="SessionId">Stripe's id of the checkout session.</param>
    internal sealed record OpenedPlan(string CheckoutUrl, string SessionId);

    /// <summary>A user's subscriptions.</summary>
    /// <param name="HasSubscription">Whether one has not ended.</param>
    /// <param name="CurrentTier">The plan that counts; `free` without one.</param>
    /// <param name="Status">Stripe's status of the first of them; `none` without any.</param>
    /// <param name="Subscriptions">Those that have not ended come first, the newest first; the latest twenty.</param>
    internal sealed record SubscriptionStatus(bool HasSubscription, string CurrentTier, string Status, IReadOnlyList<SubscriptionEntry> Subscriptions);

    /// <summary>A subscription.</summary>
    /// <param name="Id">Stripe's id.</param>
    /// <param name="Status">`active`, `trialing`, `past_due`, `unpaid`, `paused`, `incomplete`, `canceled` …</param>
    /// <param name="CurrentPeriodEnd">The end of the paid period.</param>
    /// <param name="CancelAtPeriodEnd">Whether it ends then.</param>
    /// <param name="TierId">The plan.</param>
    /// <param name="TierName">The plan's name for people.</param>
    /// <param name="BillingCycle">`monthly` or `yearly`.</param>
    /// <param name="Amount">Per cycle, in the currency's major unit (49.00 dollars).</param>
    /// <param name="AmountMinor">The same in the currency's minor unit: use this one for calculations.</param>
    /// <param name="Currency">ISO 4217, lower case.</param>
    /// <param name="PendingChange">The change at the period's end; null = it stays.</param>
    internal sealed record SubscriptionEntry(
        string Id, string Status, DateTime? CurrentPeriodEnd, bool CancelAtPeriodEnd, string TierId, string TierName, string BillingCycle, decimal? Amount,
        long? AmountMinor, string? Currency, PendingChange? PendingChange)
    {
        public static SubscriptionEntry Of(OwnSubscription s) => new(
            s.Id, s.Status, s.CurrentPeriodEnd, s.CancelAtPeriodEnd, s.TierId, s.TierName, s.Cycle.Word(),
            s.Currency is null ? null : MajorUnits.Of(s.AmountMinor, s.Currency), s.AmountMinor, s.Currency,
            s is { PlannedTierId: { } tier, PlannedTierName: { } name, PlannedCycle: { } cycle, PlannedAt: { } at }
                ? new PendingChange(tier, name, cycle.Word(), at)
                : null);
    }

    /// <summary>A change that waits for the end of the period.</summary>
    /// <param name="TierId">The plan.</param>
    /// <param name="TierName">The plan's name for people.</param>
    /// <param name="BillingCycle">`monthly` or `yearly`.</param>
    /// <param name="EffectiveAt">The time of the change.</param>
    internal sealed record PendingChange(string TierId, string TierName, string BillingCycle, DateTime EffectiveAt);
}
