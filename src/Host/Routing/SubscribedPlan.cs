using System.Text.RegularExpressions;
using BillingMonolith.Billing;
using BillingMonolith.Host.Neighbours;
using Stripe;

namespace BillingMonolith.Host.Routing;

/// <summary>The plan that a subscription is on.</summary>
internal sealed partial record SubscribedPlan(string? TierId, BillingCycle Cycle, long? AmountMinor)
{
    /// <summary>
    /// The paid price decides: its lookup key (<c>professional_yearly</c>) comes first, because a change made in Stripe's
    /// own portal changes the price and not the metadata. Then the price's metadata, then the subscription's, <c>tier_id</c> before <c>tier_name</c>.
    /// </summary>
    public static SubscribedPlan Of(Subscription? subscription, IReadOnlyDictionary<string, string> metadata)
    {
        var price = subscription is { Items.Data: [var item, ..] } ? item.Price : null;
        return Of(price, subscription?.Notes, metadata);
    }

    /// <summary>The next plan of a subscription, by the next phase of its schedule; null when it stays, or when the next plan is not known.</summary>
    public static SubscribedPlan? Next(SubscriptionSchedule? schedule) =>
        schedule?.NextPhase is { Items: [var item, ..] } phase ? Of(item.Price, phase.Notes, phase.Notes) : null;

    private static SubscribedPlan Of(Price? price, IReadOnlyDictionary<string, string>? own, IReadOnlyDictionary<string, string> metadata)
    {
        if (price?.LookupKey is { } text && Key().Match(text) is { Success: true } key)
            return new SubscribedPlan(key.Groups["tier"].Value, CycleOf(key.Groups["cycle"].Value)!.Value, price.UnitAmount);

        // A price whose amount was changed has passed its key to another, and earlier subscribers still pay it.
        var tier = price?.Note("tier_id") ?? Named(own) ?? Named(metadata);
        var cycle = price?.Recurring is { } recurring
            ? recurring.Interval == "year" ? BillingCycle.Yearly : BillingCycle.Monthly
            : CycleOf(metadata.GetValueOrDefault("billing_cycle")) ?? BillingCycle.Monthly;
        return new SubscribedPlan(tier, cycle, price?.UnitAmount);
    }

    /// <summary>The lookup key of a tier's price: <c>professional_yearly</c>, and <c>professional_yearly_eur</c> beside the default currency.</summary>
    public static string KeyOf(Tier tier, TierPrice price)
    {
        var key = $"{tier.Id}_{price.Cycle.Word()}";
        return price.Currency == tier.Currency ? key : $"{key}_{price.Currency}";
    }

    private static string? Named(IReadOnlyDictionary<string, string>? metadata) =>
        metadata?.GetValueOrDefault("tier_id") ?? metadata?.GetValueOrDefault("tier_name")?.ToLowerInvariant();

    private static BillingCycle? CycleOf(string? word) => word switch
    {
        "monthly" or "month" => BillingCycle.Monthly,
        "yearly" or "year" or "annual" => BillingCycle.Yearly,
        _ => null,
    };

    [GeneratedRegex(@"^(?<tier>.+)_(?<cycle>monthly|month|yearly|year|annual)(_[a-z]{3})?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Key();
}
