using BillingMonolith.Billing;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Checkout;
using BillingMonolith.Host.Http;
using BillingMonolith.SharedKernel;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace BillingMonolith.Host.Api;

/// <summary>Changes of a user's own subscription.</summary>
internal static class SubscriptionChangeRoutes
{
    private const string Update = "/api/subscriptions/update-billing-period";

    /// <param name="api">The API.</param>
    /// <param name="routes">The root, for the address of existing clients.</param>
    public static void Map(IEndpointRouteBuilder api, IEndpointRouteBuilder routes)
    {
        var own = api.MapGroup("/billing/subscription").RequireAuthorization(Policies.User).WithTags("Subscriptions")
            .WithMetadata(new Refuses(404, "subscription-not-found"), new Refuses(409, "subscription-ended"));
        own.MapPost("/cancel", CancelAsync).WithName("cancelSubscription").WithSummary("Cancel a subscription")
            .WithDescription("With its period, unless `at_period_end` is false. What is planned for the renewal is dropped.")
            .WithMetadata(new Example(
                Request: """{"subscription_id": "sub_1QqAb2LkdIwHu7ix", "at_period_end": true}""",
                Response: """{"status": "scheduled", "message": "Your plan Professional ends on 20 Dec 2026; until then nothing changes."}"""));
        own.MapPost("/resume", ResumeAsync).WithName("resumeSubscription").WithSummary("Take a cancellation back, or a change that is planned")
            .WithDescription("The subscription goes on as it is.")
            .WithMetadata(new Refuses(409, "nothing-to-undo"), new Example(
                Request: """{"subscription_id": "sub_1QqAb2LkdIwHu7ix"}""",
                Response: """{"status": "resumed", "message": "Your plan Professional goes on; the next payment is due on 20 Dec 2026."}"""));
        own.MapPost("/upgrade", UpgradeAsync).WithName("changePlan").WithSummary("Change to another plan")
            .WithDescription("A dearer plan counts now: the rest of the period is prorated and charged at once, and a card that is declined leaves the old "
                + "plan. A cheaper one counts from the renewal on (`scheduled`), a free one ends the subscription with its period, and the plan that one has "
                + "takes back what was planned.")
            .WithMetadata(Limit.Purchases, new Refuses(400, "unknown-tier"), new Refuses(400, "cycle-not-offered"), new Refuses(402, "card-declined"),
                new Refuses(403, "invite-only"), new Refuses(409, "same-plan"), new Refuses(409, "subscription-ends"), new Refuses(409, "change-planned"),
                new Refuses(409, "payment-due"), new Refuses(409, "subscription-not-active"), new Refuses(409, "price-not-set-up"),
                new Refuses(422, "currency-not-offered"), new Example(
                Request: """{"new_tier_id": "enterprise", "billing_cycle": "monthly"}""",
                Response: """{"status": "changed", "message": "You have the plan Enterprise now; the next payment is due on 20 Dec 2026."}"""));
        routes.MapPost(Update, ChangePeriodAsync).RequireAuthorization(Policies.User).ExcludeFromDescription()
            .WithMetadata(Limit.Purchases, new RequestSizeLimitAttribute(ApiV1.MaxBodyBytes));
    }

    private static async Task<Ok<ChangeAnswer>> CancelAsync(
        Cancellation asked, HttpContext context, SubscriptionChanges changes, CancellationToken cancellationToken) =>
        Answer(await changes.CancelAsync(context.User.UserId!, asked.SubscriptionId, asked.AtPeriodEnd, Problem.TraceId(context), cancellationToken));

    private static async Task<Ok<ChangeAnswer>> ResumeAsync(
        Resumption asked, HttpContext context, SubscriptionChanges changes, CancellationToken cancellationToken) =>
        Answer(await changes.ResumeAsync(context.User.UserId!, asked.SubscriptionId, Problem.TraceId(context), cancellationToken));

    private static async Task<Ok<ChangeAnswer>> UpgradeAsync(
        PlanWish asked, HttpContext context, PlanRequests requests, CancellationToken cancellationToken) =>
        Answer(await requests.GrantAsync(context.User.UserId!, asked.NewTierId, PlanOffers.Cycle(asked.BillingCycle, "billing_cycle"), prorationDate: null,
            Problem.TraceId(context), cancellationToken));

    private static async Task<Ok<PeriodAnswer>> ChangePeriodAsync(
        PeriodWish asked, HttpContext context, PlanRequests requests, SubscriptionChanges changes, PlanMoves moves, CancellationToken cancellationToken)
    {
        var caller = context.User.UserId!;
        var cycle = PlanOffers.Cycle(asked.BillingPeriod, "billing_period");
        var (own, offer) = await requests.SamePlanAsync(caller, cycle, cancellationToken);
        if (asked.Preview) return TypedResults.Ok(PeriodAnswer.Of(await moves.PreviewAsync(caller, own.Id, offer, cancellationToken), cycle));
        var wish = new AskedChange(offer, asked.ProrationDate);
        var changed = await changes.ChangeAsync(caller, own.Id, wish, Problem.TraceId(context), cancellationToken);
        return TypedResults.Ok(PeriodAnswer.Of(changed, cycle, own.Currency));
    }

    private static Ok<ChangeAnswer> Answer(Changed changed) => TypedResults.Ok(new ChangeAnswer(changed.Status, changed.Message));

    /// <summary>The subscription to cancel.</summary>
    /// <param name="SubscriptionId">One of your own.</param>
    /// <param name="AtPeriodEnd">False ends it now, without a refund.</param>
    internal sealed record Cancellation(string SubscriptionId, bool AtPeriodEnd = true);

    /// <summary>The subscription to resume.</summary>
    /// <param name="SubscriptionId">One of your own.</param>
    internal sealed record Resumption(string SubscriptionId);

    /// <summary>The new plan.</summary>
    /// <param name="NewTierId">One of the list of plans.</param>
    /// <param name="BillingCycle">`monthly` or `yearly`.</param>
    internal sealed record PlanWish(string NewTierId, string BillingCycle);

    /// <summary>The result.</summary>
    /// <param name="Status">`changed`, `scheduled` (when the period ends), `resumed` or `canceled`.</param>
    /// <param name="Message">For people.</param>
    internal sealed record ChangeAnswer(string Status, string Message);

    /// <summary>The new billing cycle.</summary>
    /// <param name="BillingPeriod">`monthly` or `yearly`.</param>
    /// <param name="Preview">True returns the result in advance, and changes nothing.</param>
    /// <param name="ProrationDate">From a preview of the last hour: exactly the previewed amount is invoiced.</param>
    internal sealed record PeriodWish(string BillingPeriod, bool Preview = false, DateTimeOffset? ProrationDate = null);

    /// <summary>The present or future billing cycle. Amounts in the currency's major unit.</summary>
    internal sealed record PeriodAnswer(
        bool Success, string NewBillingPeriod, DateTimeOffset? NextBillingDate, decimal ProratedCredit, decimal AmountDue, string? Currency, bool Deferred,
        bool Preview, DateTimeOffset? ProrationDate, string Message)
    {
        public static PeriodAnswer Of(Changed changed, BillingCycle cycle, string? currency) => new(
            Success: true, cycle.Word(), changed.NextBillingAt, Major(changed.Settled?.CreditMinor, currency), Major(changed.Settled?.DueMinor, currency),
            currency, changed.IsDeferred, Preview: false, changed.IsDeferred ? null : changed.EffectiveAt, changed.Message);

        public static PeriodAnswer Of(Preview p, BillingCycle cycle) => new(
            Success: true, cycle.Word(), p.NextBillingAt, Major(p.Settlement?.CreditMinor, p.Of.Currency), Major(p.Settlement?.DueMinor, p.Of.Currency),
            p.Of.Currency, p.Change.Takes == Takes.AtRenewal, Preview: true, p.Settlement is null ? null : p.ProrationDate,
            p.Change.Takes == Takes.AtRenewal ? "The renewal is near: it would change then." : "It would change at once.");

        private static decimal Major(long? minor, string? currency) => MajorUnits.Of(minor ?? 0, currency ?? "usd")!.Value;
    }
}
