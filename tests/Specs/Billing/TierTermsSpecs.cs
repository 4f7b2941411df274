using BillingMonolith.Billing;
using BillingMonolith.SharedKernel;

namespace BillingMonolith.Specs.Billing;

/// <summary>What no tier can be: the answer names the member.</summary>
public sealed class TierTermsSpecs
{
    private static readonly NewTier Good = new()
    {
        TierId = "team-2", Name = "Team", Currency = "usd", Prices = [new("monthly", "usd", 1900), new("yearly", "usd", 19000), new("monthly", "jpy", 2800)],
        LagoPlanMonthly = "team", LagoPlanYearly = "team_yearly",
    };

    public static TheoryData<string, NewTier> Bad => new()
    {
        { "TierId", Good with { TierId = "" } },
        { "TierId", Good with { TierId = "Team" } },
        { "TierId", Good with { TierId = "-team" } },
        { "TierId", Good with { TierId = "team\n" } },
        { "TierId", Good with { TierId = "team_2" } }, // a price's lookup key is <tier>_<cycle>
        { "TierId", Good with { TierId = new string('a', 51) } },
        { "Name", Good with { Name = " " } },
        { "Name", Good with { Name = "a\u0000" } },
        { "Name", Good with { Name = new string('a', 101) } },
        { "Description", Good with { Description = new string('a', 501) } },
        { "Description", Good with { Description = "\0" } },
        { "Family", Good with { Family = "" } },
        { "Family", Good with { Family = "Main" } },
        { "Currency", Good with { Currency = "USD" } },
        { "Currency", Good with { Currency = "usd\n" } },
        { "DisplayOrder", Good with { DisplayOrder = -1 } },
        { "DisplayOrder", Good with { DisplayOrder = 10_001 } },
        { "LagoPlanMonthly", Good with { LagoPlanMonthly = "" } },
        { "LagoPlanMonthly", Good with { LagoPlanMonthly = " team" } },
        { "LagoPlanYearly", Good with { LagoPlanYearly = new string('a', 256) } },
        { "LagoPlanYearly", Good with { LagoPlanYearly = "team" } }, // the monthly one
        { "Prices", Good with { Prices = [null!] } },
        { "Prices", Good with { Prices = [.. Enumerable.Repeat(Good.Prices[0], 51)] } },
        { "Prices", Good with { Prices = [new("monthly", "usd", 1), new("monthly", "usd", 2)] } },
        { "Prices[0].Cycle", Good with { Prices = [new("Monthly", "usd", 1)] } },
        { "Prices[0].Cycle", Good with { Prices = [new("weekly", "usd", 1)] } },
        { "Prices[0].Currency", Good with { Prices = [new("monthly", "u$d", 1)] } },
        { "Prices[1].AmountMinor", Good with { Prices = [Good.Prices[0], new("yearly", "usd", 0)] } },
        { "Prices[1].AmountMinor", Good with { Prices = [Good.Prices[0], new("yearly", "usd", 100_000_000)] } },
        { "Prices[1].AmountMinor", Good with { Prices = [Good.Prices[0], new("monthly", "kwd", 1234)] } },
        { "Prices[1].AmountMinor", Good with { Prices = [Good.Prices[0], new("monthly", "isk", 1210)] } },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_bad_value_is_refused_by_its_member(string member, NewTier tier)
    {
        new CreateTierValidator().Validate(new CreateTier("c", tier)).Errors.Select(e => e.PropertyName).Distinct(StringComparer.Ordinal).ShouldBe([member]);
        if (member != "TierId")
            new ReplaceTierValidator().Validate(new ReplaceTier("c", "team", null, tier)).Errors.Select(e => e.PropertyName).Distinct(StringComparer.Ordinal).ShouldBe([member]);
    }

    [Fact]
    public void Whoever_sells_a_cycle_sells_it_in_the_default_currency_and_nothing_is_free()
    {
        new CreateTierValidator().Validate(new CreateTier("c", Good)).IsValid.ShouldBeTrue();
        Should.NotThrow(() => TierPrices.RequireDefault(Good));
        Should.NotThrow(() => TierPrices.RequireDefault(Good with { Prices = [] }));
        Should.Throw<RefusalException>(() => TierPrices.RequireDefault(Good with { Prices = [new("monthly", "usd", 1), new("yearly", "eur", 1)] }))
            .Error.ShouldBe("no-default-price");
    }

    [Fact]
    public void Lago_bills_each_cycle_that_is_sold_in_the_tiers_currency_and_counts_as_ISO_does()
    {
        var tier = new Tier("t", "main", "T", "", "t", "t_y", "isk", [new(BillingCycle.Monthly, "isk", 120_000, null), new(BillingCycle.Monthly, "usd", 900, null)], 0, true, false, null, 1);
        var plan = SetUpLagoPlansHandler.Wanted(tier).ShouldHaveSingleItem();
        (plan.Code, plan.Interval, plan.AmountCents, plan.AmountCurrency).ShouldBe(("t", "monthly", 1200, "ISK"), "Stripe counts krónur in hundredths that they do not have");
        SetUpLagoPlansHandler.Wanted(tier with { Prices = [] }).ShouldBeEmpty("what is free is not billed");
    }
}
