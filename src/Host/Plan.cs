using BillingMonolith.Billing;
using Stripe;

namespace BillingMonolith.Host;

/// <summary>The plan that a subscription is on.</summary>
internal sealed record Plan(string? TierId, BillingCycle Cycle, long? AmountMinor)
{
    /// <summary>
    /// What is paid for says what is due: the price's lookup key (<c>professional_yearly</c>) comes first, since a change made in Stripe's
    /// own portal moves the price and leaves the metadata behind. Then metadata, <c>tier_id</c> before <c>tier_name</c>.
    /// </summary>
    public static Plan Of(Subscription? subscription, IReadOnlyDictionary<string, string> metadata)
    {
        var price = subscription is { Items: [var item, ..] } ? item.Price : null;
        if (price?.LookupKey is { } key && key.LastIndexOf('_') is var cut and > 0 && CycleOf(key[(cut + 1)..]) is { } keyed)
            return new Plan(key[..cut], keyed, price.UnitAmount);

        var tier = Named(subscription?.Metadata) ?? Named(metadata);
        var cycle = price?.Recurring is { } recurring
            ? recurring.Interval == "year" ? BillingCycle.Yearly : BillingCycle.Monthly
            : CycleOf(metadata.GetValueOrDefault("billing_cycle")) ?? BillingCycle.Monthly;
        return new Plan(tier, cycle, price?.UnitAmount);
    }

    private static string? Named(IReadOnlyDictionary<string, string>? metadata) =>
        metadata?.GetValueOrDefault("tier_id") ?? metadata?.GetValueOrDefault("tier_name")?.ToLowerInvariant();

    private static BillingCycle? CycleOf(string? word) => word switch
    {
        "monthly" or "month" => BillingCycle.Monthly,
        "yearly" or "year" or "annual" => BillingCycle.Yearly,
        _ => null,
    };
}
