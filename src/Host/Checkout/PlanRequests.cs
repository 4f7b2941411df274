using BillingMonolith.Billing;
using MediatR;

namespace BillingMonolith.Host.Checkout;

/// <summary>A user's request in the user's own terms: a tier and a cycle.</summary>
internal sealed class PlanRequests(IMediator mediator, PlanOffers offers, PlanMoves moves, SubscriptionChanges changes)
{
    /// <summary>Changes the caller's subscription of the tier's family. A change to the free plan ends it with the period.</summary>
    public async Task<Changed> GrantAsync(
        string userId, string tierId, BillingCycle cycle, DateTimeOffset? prorationDate, string cause, CancellationToken cancellationToken)
    {
        var tier = await offers.TierAsync(userId, tierId, cancellationToken);
        var own = await moves.LiveAsync(userId, tier.Family, cancellationToken);
        if (tier.Prices.Count == 0) return await changes.CancelAsync(userId, own.Id, atPeriodEnd: true, cause, cancellationToken);
        var offer = PlanOffers.Priced(tier, cycle, own.Currency);
        return await changes.ChangeAsync(userId, own.Id, new AskedChange(offer, prorationDate), cause, cancellationToken);
    }

    /// <summary>The change and its cost, in advance.</summary>
    public async Task<Preview> PreviewAsync(string userId, string tierId, BillingCycle cycle, CancellationToken cancellationToken)
    {
        var tier = await offers.TierAsync(userId, tierId, cancellationToken);
        var own = await moves.LiveAsync(userId, tier.Family, cancellationToken);
        return await moves.PreviewAsync(userId, own.Id, PlanOffers.Priced(tier, cycle, own.Currency), cancellationToken);
    }

    /// <summary>The caller's plan in another cycle. It may be one that is no longer sold.</summary>
    public async Task<(OwnSubscription Own, Offer Offer)> SamePlanAsync(string userId, BillingCycle cycle, CancellationToken cancellationToken)
    {
        var own = await moves.LiveAsync(userId, family: null, cancellationToken);
        var tier = (await mediator.Send(new ReadTiers(), cancellationToken)).First(t => t.Id == own.TierId);
        return (own, PlanOffers.Priced(tier, cycle, own.Currency));
    }
}
