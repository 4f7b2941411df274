using BillingMonolith.Billing;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Routing;
using Stripe;

namespace BillingMonolith.Host.Checkout;

/// <summary>When a change of plan takes effect.</summary>
internal enum Takes
{
    /// <summary>It is so already.</summary>
    Nothing,
    /// <summary>It is so, and what was planned instead is taken back.</summary>
    Back,
    /// <summary>Now, prorated and invoiced at once.</summary>
    Now,
    /// <summary>When the period ends that is paid for.</summary>
    AtRenewal,
}

/// <summary>
/// A change of a subscription to another plan, and when it takes effect. Pure: what is dearer by the year takes effect now and what is cheaper when the
/// paid period ends, so that nobody pays twice and nobody loses what he paid. Another cycle of the same plan takes effect now as well, unless the
/// renewal is so near that the proration would confuse more than it gives.
/// </summary>
internal sealed record PlanChange(Takes Takes, Offer To, Subscription Of)
{
    private static readonly TimeSpan NearRenewal = TimeSpan.FromDays(7);

    /// <param name="subscription">As Stripe has it.</param>
    /// <param name="of">Its plan.</param>
    /// <param name="to">What is asked for.</param>
    /// <param name="now">By the calendar.</param>
    public static PlanChange Between(Subscription subscription, SubscribedPlan of, Offer to, DateTimeOffset now)
    {
        var price = subscription.Items.Data[0].Price;
        var isSame = price.Id == to.Price.StripePriceId || (of.TierId == to.Tier.Id && of.Cycle == to.Cycle);
        if (isSame) return new(subscription.Schedule?.NextPhase is null ? Takes.Nothing : Takes.Back, to, subscription);
        var takes = of.TierId == to.Tier.Id
            ? subscription.CurrentPeriodEnd - now < NearRenewal ? Takes.AtRenewal : Takes.Now
            : to.PerYearMinor >= PerYear(price) * (subscription.Items.Data[0].Units ?? 1) ? Takes.Now : Takes.AtRenewal;
        return new(takes, to, subscription);
    }

    /// <summary>The change in the words of an update, or of its preview.</summary>
    public List<SubscriptionItemOptions> Items => [new() { Id = Of.Items.Data[0].Id, Price = To.Price.StripePriceId }];

    /// <summary>What the subscription says of itself afterwards.</summary>
    public Dictionary<string, string> Notes => new()
    {
        ["tier_id"] = To.Tier.Id, ["tier_name"] = To.Tier.Name, ["billing_cycle"] = To.Cycle.Word(),
    };

    /// <summary>The schedule that changes it when its period ends.</summary>
    /// <param name="schedule">As it is; its current phase stays as it is.</param>
    public SubscriptionScheduleUpdateOptions On(SubscriptionSchedule schedule)
    {
        var (item, end) = (Of.Items.Data[0], Of.CurrentPeriodEnd!.Value.UtcDateTime);
        var current = schedule.Phases.Last(p => p.StartDate < end);
        var discounts = current.Discounts is not { Count: > 0 } ? null : current.Discounts.Select(d => new SubscriptionSchedulePhaseDiscountOptions
        {
            Discount = d.DiscountId,
            PromotionCode = d.DiscountId is null ? d.PromotionCodeId : null,
            Coupon = d.DiscountId is null && d.PromotionCodeId is null ? d.CouponId : null,
        }).ToList();
        return new()
        {
            EndBehavior = "release",
            ProrationBehavior = "none",
            Phases =
            [
                new()
                {
                    StartDate = current.StartDate, EndDate = end, TrialEnd = current.TrialEnd, Discounts = discounts,
                    Items = [new() { Price = item.Price.Id, Quantity = item.Units }],
                },
                new()
                {
                    Duration = new() { Interval = To.Cycle.Interval(), IntervalCount = 1 }, Discounts = discounts,
                    Items = [new() { Price = To.Price.StripePriceId!, Quantity = item.Units }], ProrationBehavior = "none", Metadata = Notes,
                },
            ],
        };
    }

    private static long PerYear(Price price) => checked((price.UnitAmount ?? 0) * (price.Recurring?.Interval == "year" ? 1 : 12));
}
