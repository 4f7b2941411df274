using BillingMonolith.Billing;
using BillingMonolith.Host.Checkout;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Routing;
using Stripe;

namespace BillingMonolith.Specs.HostRoom;

/// <summary>When a change of plan takes effect: case by case.</summary>
public sealed class PlanChangeSpecs
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("starter", "monthly", 20, "professional", "monthly", nameof(Takes.Now))]
    [InlineData("starter", "monthly", 1, "professional", "monthly", nameof(Takes.Now))] // an upgrade never waits
    [InlineData("professional", "monthly", 20, "starter", "monthly", nameof(Takes.AtRenewal))]
    [InlineData("professional", "monthly", 20, "founders-friend", "monthly", nameof(Takes.Now))] // as dear: nobody loses
    [InlineData("professional", "monthly", 20, "enterprise", "yearly", nameof(Takes.Now))]
    [InlineData("professional", "monthly", 20, "starter", "yearly", nameof(Takes.AtRenewal))] // 190 a year are less than 12 × 49
    [InlineData("starter", "yearly", 200, "professional", "monthly", nameof(Takes.Now))]
    [InlineData("enterprise", "yearly", 200, "professional", "yearly", nameof(Takes.AtRenewal))]
    [InlineData("professional", "monthly", 20, "professional", "yearly", nameof(Takes.Now))]
    [InlineData("professional", "monthly", 6, "professional", "yearly", nameof(Takes.AtRenewal))]
    [InlineData("professional", "yearly", 7, "professional", "monthly", nameof(Takes.Now))]
    [InlineData("professional", "yearly", 6, "professional", "monthly", nameof(Takes.AtRenewal))]
    [InlineData("professional", "monthly", 20, "professional", "monthly", nameof(Takes.Nothing))]
    public void Dearer_now_cheaper_at_the_renewal_and_another_cycle_unless_the_renewal_is_near(
        string from, string cycle, int daysLeft, string to, string toCycle, string takes)
    {
        var seen = SubscriptionOf(from, cycle, Now.AddDays(daysLeft), schedule: null);
        Between(seen, to, toCycle).Takes.ToString().ShouldBe(takes);
    }

    [Fact]
    public void The_plan_that_one_has_takes_back_what_was_planned()
    {
        var end = Now.AddDays(20);
        var schedule = ScheduleOf(Now, end);
        schedule.Phases.Add(new() { StartDate = end.UtcDateTime, EndDate = end.AddMonths(1).UtcDateTime });
        Between(SubscriptionOf("professional", "monthly", end, schedule), "professional", "monthly").Takes.ShouldBe(Takes.Back);
        schedule.CurrentPhase.EndDate = end.AddMonths(1).UtcDateTime;
        Between(SubscriptionOf("professional", "monthly", end, schedule), "professional", "monthly").Takes.ShouldBe(Takes.Nothing, "its last phase is on");
    }

    [Fact]
    public void A_schedule_keeps_the_current_phase_and_its_discounts_and_says_what_follows()
    {
        var end = Now.AddDays(20);
        var schedule = ScheduleOf(Now.AddDays(-10), end);
        schedule.Phases[0].Discounts = [new() { CouponId = "coupon", DiscountId = "di_1" }, new() { CouponId = "other" }];
        var update = Between(SubscriptionOf("professional", "monthly", end, schedule: null), "starter", "yearly").On(schedule);
        update.EndBehavior.ShouldBe("release");
        var (now, next) = (update.Phases![0], update.Phases[1]);
        ((DateTime?)now.StartDate, (DateTime?)now.EndDate, now.Items[0].Price, now.Items[0].Quantity)
            .ShouldBe((Now.AddDays(-10).UtcDateTime, end.UtcDateTime, "price_professional_monthly", 1));
        (next.Duration!.Interval, next.Items[0].Price, next.ProrationBehavior, next.Metadata!["tier_id"]).ShouldBe(("year", "price_starter_yearly", "none", "starter"));
        foreach (var phase in update.Phases)
            phase.Discounts!.Select(d => ((string?)d.Discount, (string?)d.Coupon)).ShouldBe([("di_1", null), (null, "other")], "one of the three, the one that is there first");
    }

    private static PlanChange Between(Subscription seen, string tier, string cycle)
    {
        var word = BillingCycles.Of(cycle)!.Value;
        var price = new TierPrice(word, "usd", AmountOf(tier, cycle), $"price_{tier}_{cycle}");
        var offer = new Offer(new Tier(tier, "main", tier, "", tier, $"{tier}_yearly", "usd", [price], 1, IsActive: true, IsInviteOnly: false, null, 1), word, price);
        return PlanChange.Between(seen, SubscribedPlan.Of(seen, seen.Notes), offer, Now);
    }

    private static SubscriptionSchedule ScheduleOf(DateTimeOffset start, DateTimeOffset end) => new()
    {
        Id = "sub_sched_1", Status = "active", CurrentPhase = new() { StartDate = start.UtcDateTime, EndDate = end.UtcDateTime },
        Phases = [new() { StartDate = start.UtcDateTime, EndDate = end.UtcDateTime }],
    };

    private static Subscription SubscriptionOf(string tier, string cycle, DateTimeOffset end, SubscriptionSchedule? schedule)
    {
        var seen = StripeEntity.FromJson<Subscription>($$"""
            {"id":"sub_1","object":"subscription","status":"active","customer":"cus_1","items":{"object":"list","data":[{"id":"si_1","object":"subscription_item",
              "quantity":1,"current_period_start":{{Now.AddDays(-10).ToUnixTimeSeconds()}},"current_period_end":{{end.ToUnixTimeSeconds()}},
              "price":{"id":"price_{{tier}}_{{cycle}}","object":"price","lookup_key":"{{tier}}_{{cycle}}","unit_amount":{{AmountOf(tier, cycle)}},"currency":"usd",
                "recurring":{"interval":"{{(cycle == "yearly" ? "year" : "month")}}","interval_count":1} } }]} }
            """);
        seen.Schedule = schedule;
        return seen;
    }

    private static long AmountOf(string tier, string cycle) => (tier, cycle) switch
    {
        ("starter", "monthly") => 1900,
        ("starter", _) => 19000,
        ("enterprise", "monthly") => 9900,
        ("enterprise", _) => 99000,
        (_, "monthly") => 4900,
        _ => 49000,
    };
}
