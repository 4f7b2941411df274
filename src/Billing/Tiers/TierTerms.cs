using BillingMonolith.SharedKernel;
using FluentValidation;

namespace BillingMonolith.Billing;

/// <summary>The terms of a tier, as an administrator sets them. A field that is left out gets the default below.</summary>
public record TierTerms
{
    /// <summary>The name that buyers see: plain text, 1 to 100 characters.</summary>
    public required string Name { get; init; }
    /// <summary>The text that buyers see: plain text, at most 500 characters. Empty by default.</summary>
    public string Description { get; init; } = "";
    /// <summary>1 to 50 of `a-z 0-9 -`: a user has at most one subscription of a family. `main` by default.</summary>
    public string Family { get; init; } = "main";
    /// <summary>The default currency. Each cycle for sale has a price in it.</summary>
    public required string Currency { get; init; }
    /// <summary>At most 50 prices, one per cycle and currency; none = free.</summary>
    public required IReadOnlyList<TierPriceTerms> Prices { get; init; }
    /// <summary>The code of Lago's plan that bills it by the month, 1 to 255 characters; by default the tier's id.</summary>
    public string? LagoPlanMonthly { get; init; }
    /// <summary>The code of Lago's plan that bills it by the year, 1 to 255 characters; by default the id with `_yearly`.</summary>
    public string? LagoPlanYearly { get; init; }
    /// <summary>Smaller ones are shown first: 0 to 10000, 0 by default.</summary>
    public int DisplayOrder { get; init; }
    /// <summary>Whether it is for sale; true by default.</summary>
    public bool IsActive { get; init; } = true;
    /// <summary>Whether only invited users see and buy it; false by default.</summary>
    public bool IsInviteOnly { get; init; }
}

/// <summary>A new tier.</summary>
public sealed record NewTier : TierTerms
{
    /// <summary>1 to 50 of `a-z 0-9 -`, beginning with a letter or digit. It can never be changed.</summary>
    public required string TierId { get; init; }
}

/// <summary>The price of a tier per cycle, in one currency.</summary>
/// <param name="Cycle">`monthly` or `yearly`.</param>
/// <param name="Currency">ISO 4217, lower case.</param>
/// <param name="AmountMinor">1 to 99999999 per cycle in the currency's minor unit, as Stripe counts it: 1900 is 19 US dollars, and 1900 yen.</param>
public sealed record TierPriceTerms(string Cycle, string Currency, long AmountMinor);

internal sealed class TierTermsValidator : AbstractValidator<TierTerms>
{
    private const int MostPrices = 50;
    private const string Currencies = "An ISO 4217 code of three small letters.";
    private const string PlanCode = "1 to 255 characters without spaces around them and without control characters.";

    public TierTermsValidator()
    {
        RuleFor(t => t.Name).Must(n => !string.IsNullOrWhiteSpace(n) && IsText(n, 100)).WithMessage("1 to 100 characters, without control characters.");
        RuleFor(t => t.Description).Must(d => d.Length <= 500 && !d.Contains('\0', StringComparison.Ordinal)).WithMessage("At most 500 characters.");
        RuleFor(t => t.Family).Matches(@"^[a-z0-9][a-z0-9-]{0,49}\z").WithMessage("1 to 50 of a-z, 0-9 and -, beginning with a letter or digit.");
        RuleFor(t => t.LagoPlanMonthly).Must(IsPlanCode).WithMessage(PlanCode);
        RuleFor(t => t.LagoPlanYearly).Must(IsPlanCode).WithMessage(PlanCode)
            .Must((t, yearly) => yearly is null || yearly != t.LagoPlanMonthly).WithMessage("Another than lago_plan_monthly: Lago's plans have one interval.");
        RuleFor(t => t.DisplayOrder).InclusiveBetween(0, 10_000).WithMessage("0 to 10000.");
        RuleFor(t => t.Currency).Must(StripeCurrency.IsCode).WithMessage(Currencies);
        RuleFor(t => t.Prices).Cascade(CascadeMode.Stop)
            .Must(p => p.Count <= MostPrices && !p.Contains(null!)).WithMessage("At most 50 prices, none of them null.")
            .Must(p => p.DistinctBy(price => (price.Cycle, price.Currency)).Count() == p.Count).WithMessage("One price per cycle and currency.");
        RuleForEach(t => t.Prices).ChildRules(price =>
        {
            price.RuleFor(p => p.Cycle).Must(c => BillingCycles.Of(c) is not null).WithMessage("monthly or yearly.");
            price.RuleFor(p => p.Currency).Must(StripeCurrency.IsCode).WithMessage(Currencies);
            price.RuleFor(p => p.AmountMinor).InclusiveBetween(1, 99_999_999).WithMessage("1 to 99999999.")
                .Must((p, amount) => amount % StripeCurrency.Step(p.Currency) == 0)
                .WithMessage(p => $"A multiple of {StripeCurrency.Step(p.Currency)}: Stripe takes no other amounts in {p.Currency}.");
        });
    }

    private static bool IsText(string text, int most) => text.Length <= most && !text.Any(char.IsControl);

    private static bool IsPlanCode(string? code) => code is null || (code.Length > 0 && code.Trim() == code && IsText(code, 255));
}
