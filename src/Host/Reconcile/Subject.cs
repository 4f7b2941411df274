using BillingMonolith.Billing;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Routing;
using BillingMonolith.Identity;
using Microsoft.Extensions.Options;
using Stripe;

namespace BillingMonolith.Host.Reconcile;

/// <summary>
/// A subscription as Stripe shows it, turned into the commands that follow from an event about it. So reconcile compares with, and repairs by, the
/// webhook's own commands.
/// </summary>
internal sealed class Subject(StripeLookup truth, IOptionsMonitor<StripeOptions> stripe)
{
    /// <summary>The commands; null for a subscription that is not ours (the other mode, another suite).</summary>
    public async Task<EventFacts?> OfAsync(Subscription subscription, string cause, CancellationToken cancellationToken)
    {
        var ours = stripe.CurrentValue;
        if (subscription.Livemode != ours.IsLive) return null;
        if (ours.Suite is { Length: > 0 } suite && subscription.Note("suite") is { } other && other != suite) return null;
        var said = new Event
        {
            Id = cause,
            Type = EventTypes.CustomerSubscriptionUpdated,
            Created = subscription.AsOf?.UtcDateTime ?? subscription.Created,
            Livemode = subscription.Livemode,
            Data = new EventData { Object = subscription },
        };
        return await truth.OfAsync(new EventFacts(said), subscription, cancellationToken);
    }

    /// <summary>The comparable commands.</summary>
    public static (SyncSubscription Sync, SetTier Tier) CommandsOf(EventFacts facts)
    {
        var steps = Routes.For(facts);
        return (steps.OfType<SyncSubscription>().Single(), steps.OfType<SetTier>().Single());
    }
}
