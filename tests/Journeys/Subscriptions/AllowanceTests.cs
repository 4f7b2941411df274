using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;

namespace BillingMonolith.Journeys.Subscriptions;

/// <summary>What a plan gives in credits: per paid invoice, once, until the period's end or for longer.</summary>
public sealed class AllowanceTests(Cluster cluster)
{
    [Fact]
    public async Task Each_renewal_gives_the_allowance_once_and_until_its_own_period_s_end()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var plan = journey.BuyPlan(Journey.Ada, "professional");
        await journey.SettleAsync();
        journey.World.Clock.AdvanceMonths(1);
        await journey.SettleAsync();
        foreach (var invoiced in journey.World.Stripe.Events.Where(e => e.Type.StartsWith("invoice.", StringComparison.Ordinal))) await journey.SendAsync(invoiced.Bytes());
        await journey.SettleAsync();

        var lots = await journey.RowsAsync<(long Credits, DateTime End)>("SELECT amount, expires_at FROM credit_lots WHERE source LIKE 'invoice:in_%' ORDER BY expires_at");
        lots.Select(l => l.Credits).ShouldBe([60, 60]);
        var end = DateTimeOffset.FromUnixTimeSeconds((long)journey.World.Stripe.Read(plan)["items"]!["data"]![0]!["current_period_end"]!).UtcDateTime;
        lots[1].End.ShouldBe(end);
        lots[0].End.ShouldBe(end.AddMonths(-1), TimeSpan.FromDays(3));
        (await journey.AuditedAsync("credit.allocate")).ShouldBe(2);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_change_in_the_middle_of_a_period_gives_no_second_allowance()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var plan = journey.BuyPlan(Journey.Ada, "starter");
        await journey.SettleAsync();
        foreach (var price in (string[])["professional_monthly", "starter_monthly", "enterprise_yearly"]) journey.World.Stripe.ChangePlan(plan, price);
        await journey.SettleAsync();

        journey.World.Stripe.Events.Count(e => e.Type == "invoice.paid").ShouldBeGreaterThan(1, "the last change was invoiced");
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(20);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task An_allowance_that_rolls_over_has_no_end()
    {
        await using var journey = await Journey.StartAsync(cluster);
        await journey.ExecuteAsync("UPDATE credit_allowances SET rollover = true WHERE tier_id = 'professional'");
        journey.BuyPlan(Journey.Ada, "professional");
        journey.BuyPlan(Journey.Grace, "starter");
        await journey.SettleAsync();
        (await journey.RowsAsync<bool>("SELECT expires_at IS NULL FROM credit_lots ORDER BY amount DESC")).ShouldBe([true, false]);
    }
}
