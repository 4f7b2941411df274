using BillingMonolith.Billing;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Routing;
using Stripe;

namespace BillingMonolith.Host.Checkout;

/// <summary>The time when a change of plan takes effect.</summary>
internal enum Takes
{
    /// <summary>Nothing to change.</summary>
    Nothing,
    /// <summary>The plan stays, and the scheduled change is cancelled.</summary>
    Back,
    /// <summary>Now, prorated and invoiced at once.</summary>
    Now,
    /// <summary>At the end of the paid period.</summary>
    AtRenewal,
}

/// <summary>
/// A change of a subscription to another plan, and its time. Pure: a plan dearer by the year takes effect now, a cheaper one at the end of the
/// paid period, so that nobody pays twice or loses a paid period. Another cycle of the same plan takes effect now as well, unless the
/// renewal is so near that the proration would confuse more than it helps.
/// </summary>
internal sealed record PlanChange(Takes Takes, Offer To, Subscription Of)
{
    private static readonly TimeSpan NearRenewal = TimeSpan.FromDays(7);

    /// <param name="subscription">The subscription at Stripe.</param>
    /// <param name="of">Its plan.</param>
    /// <param name="to">The requested plan.</param>
    /// <param name="now">The calendar's time.</param>
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

    /// <summary>The change as the parameters of an update, or of its preview.</summary>
    public List<SubscriptionItemOptions> Items => [new() { Id = Of.Items.Data[0].Id, Price = To.Price.StripePriceId }];

    /// <summary>The subscription's metadata after the change.</summary>
    public Dictionary<string, string> Notes => new()
    {
        ["tier_id"] = To.Tier.Id, ["tier_name"] = To.Tier.Name, ["billing_cycle"] = To.Cycle.Word(),
    };

    /// <summary>The schedule that changes it at the period's end.</summary>
    /// <param name="schedule">The present schedule; its current phase stays unchanged.</param>
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
