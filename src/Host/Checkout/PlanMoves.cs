using System.Net;
using BillingMonolith.Billing;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Routing;
using BillingMonolith.SharedKernel;
using FluentValidation;
using FluentValidation.Results;
using MediatR;
using Stripe;

namespace BillingMonolith.Host.Checkout;

/// <summary>A requested plan, and the time for the proration: that of the preview, if there was one.</summary>
internal sealed record AskedChange(Offer Offer, DateTimeOffset? ProrationDate = null);

/// <summary>An invoice in three numbers, in the minor unit of its currency.</summary>
/// <param name="CreditMinor">The credit for the unused paid time.</param>
/// <param name="ChargeMinor">The charge for the new plan.</param>
/// <param name="DueMinor">The amount taken from the card.</param>
/// <param name="Currency">ISO 4217, lower case.</param>
internal sealed record Settlement(long CreditMinor, long ChargeMinor, long DueMinor, string Currency)
{
    public static Settlement? Of(Invoice? invoice) => invoice is null ? null : new(
        -invoice.Lines.Where(l => l.Amount < 0).Sum(l => l.Amount), invoice.Lines.Where(l => l.Amount > 0).Sum(l => l.Amount), invoice.AmountDue,
        invoice.Currency);
}

/// <summary>A change in preview.</summary>
internal sealed record Preview(OwnSubscription Of, PlanChange Change, Settlement? Settlement, DateTimeOffset ProrationDate, DateTimeOffset? NextBillingAt);

/// <summary>Changes of plan at Stripe: the check of a request, its cost, and the change that takes effect now.</summary>
internal sealed class PlanMoves(IMediator mediator, SubscriptionService subscriptions, InvoiceService invoices)
{
    private static readonly TimeSpan PreviewHolds = TimeSpan.FromHours(1);

    /// <summary>The caller's own subscription.</summary>
    public async Task<OwnSubscription> FindAsync(string userId, string subscriptionId, CancellationToken cancellationToken) =>
        (await mediator.Send(new ReadSubscriptions(userId), cancellationToken)).FirstOrDefault(s => s.Id == subscriptionId)
            ?? throw new RefusalException(HttpStatusCode.NotFound, "subscription-not-found", "You have no such subscription.");

    /// <summary>The caller's own subscription that has not ended, of a family, or of any.</summary>
    public async Task<OwnSubscription> LiveAsync(string userId, string? family, CancellationToken cancellationToken) =>
        (await mediator.Send(new ReadSubscriptions(userId), cancellationToken)).FirstOrDefault(s => s.IsLive && (family ?? s.Family) == s.Family)
            ?? throw new RefusalException(HttpStatusCode.NotFound, "subscription-not-found",
                "You have no subscription that could be changed. Subscribe first (POST /api/v1/billing/subscriptions/checkout).");

    /// <summary>The change and its cost, in advance.</summary>
    public async Task<Preview> PreviewAsync(string userId, string subscriptionId, Offer offer, CancellationToken cancellationToken)
    {
        var own = await FindAsync(userId, subscriptionId, cancellationToken);
        var seen = await subscriptions.GetAsync(subscriptionId, StripeLookup.Whole, cancellationToken: cancellationToken);
        var (at, change) = (Moment(own, seen), Decide(own, seen, new AskedChange(offer)));
        if (change.Takes is not Takes.Now) return new Preview(own, change, Settlement: null, at, seen.CurrentPeriodEnd);
        var invoice = await invoices.CreatePreviewAsync(new()
        {
            Subscription = own.Id,
            SubscriptionDetails = new()
            {
                Items = [.. change.Items.Select(i => new InvoiceSubscriptionDetailsItemOptions { Id = i.Id, Price = i.Price })],
                ProrationBehavior = "always_invoice",
                ProrationDate = at.UtcDateTime,
            },
        }, cancellationToken: cancellationToken);
        var next = own.Cycle == offer.Cycle ? seen.CurrentPeriodEnd : invoice.ServicePeriodEnd;
        return new Preview(own, change, Settlement.Of(invoice), at, next);
    }

    /// <exception cref="RefusalException">The subscription cannot be changed in its present state, or nothing would change.</exception>
    public static PlanChange Decide(OwnSubscription own, Subscription seen, AskedChange asked)
    {
        Check(own, asked.ProrationDate);
        if (seen.Status is not (SubscriptionStatuses.Active or SubscriptionStatuses.Trialing))
            throw seen.Status == SubscriptionStatuses.PastDue
                ? new RefusalException(HttpStatusCode.Conflict, "payment-due",
                    "Its last payment has failed. Pay it first (see the portal), then change the plan.")
                : new RefusalException(HttpStatusCode.Conflict, "subscription-not-active", $"It is {seen.Status} and cannot be changed.");
        if (seen.CancelAtPeriodEnd)
            throw new RefusalException(HttpStatusCode.Conflict, "subscription-ends",
                "It is cancelled and ends with its period. Take that back first, then change the plan.");
        var change = PlanChange.Between(seen, SubscribedPlan.Of(seen, seen.Notes), asked.Offer, new DateTimeOffset(own.Now, TimeSpan.Zero));
        return change.Takes switch
        {
            Takes.Nothing => throw new RefusalException(HttpStatusCode.Conflict, "same-plan",
                $"You have the plan {asked.Offer.Tier.Name}, paid {asked.Offer.Cycle.Word()}, already."),
            Takes.Now when seen.Schedule?.NextPhase is not null => throw new RefusalException(HttpStatusCode.Conflict, "change-planned",
                "Another plan is planned from the renewal on. Take that back first, then change to this one: a card that is declined must not undo it."),
            _ => change,
        };
    }

    /// <summary>The time for the proration of a change without a preview.</summary>
    public static DateTimeOffset Moment(OwnSubscription own, Subscription seen)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(new DateTimeOffset(own.Now, TimeSpan.Zero).ToUnixTimeSeconds());
        return seen.CurrentPeriodStart is { } start && start > now ? start : now; // clocks differ, and Stripe refuses a time before the period
    }

    /// <summary>Changes it now. A declined card leaves everything unchanged.</summary>
    public Task<Subscription> MakeAsync(PlanChange change, DateTimeOffset at, RequestOptions once, CancellationToken cancellationToken) =>
        subscriptions.UpdateAsync(change.Of.Id, new()
        {
            Items = change.Items,
            ProrationBehavior = "always_invoice",
            ProrationDate = change.Of.Status == SubscriptionStatuses.Trialing ? null : at.UtcDateTime,
            PaymentBehavior = "error_if_incomplete",
            Metadata = change.Notes,
            Expand = ["latest_invoice"],
        }, once, cancellationToken);

    private static void Check(OwnSubscription own, DateTimeOffset? asked)
    {
        if (asked is { } at && (at > new DateTimeOffset(own.Now, TimeSpan.Zero) || own.Now - at.UtcDateTime > PreviewHolds))
            throw new ValidationException([new ValidationFailure("proration_date", "That of a preview of the last hour, or absent.")]);
    }
}
