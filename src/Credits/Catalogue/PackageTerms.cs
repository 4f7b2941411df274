using BillingMonolith.SharedKernel;
using FluentValidation;

namespace BillingMonolith.Credits;

/// <summary>The terms of a package, as an administrator sets them. A field that is left out gets the default below.</summary>
public record PackageTerms
{
    /// <summary>The name that buyers see: plain text, 1 to 100 characters.</summary>
    public required string PackageName { get; init; }
    /// <summary>The text that buyers see: plain text, at most 500 characters. Empty by default.</summary>
    public string Description { get; init; } = "";
    /// <summary>The number of credits that a buyer gets: 1 to 100000000.</summary>
    public required long Credits { get; init; }
    /// <summary>The default currency, one of those in `prices`.</summary>
    public required string Currency { get; init; }
    /// <summary>1 to 50 prices, each in a different currency.</summary>
    public required IReadOnlyList<PriceTerms> Prices { get; init; }
    /// <summary>A badge, 0 to 100: the prices contain it. 0 by default.</summary>
    public int DiscountPercentage { get; init; }
    /// <summary>Whether it is for sale; true by default.</summary>
    public bool IsActive { get; init; } = true;
    /// <summary>Whether the shop features it; false by default.</summary>
    public bool IsFeatured { get; init; }
    /// <summary>A word on its badge, at most 20 characters; none by default.</summary>
    public string? BadgeText { get; init; }
    /// <summary>Smaller ones are shown first: 0 to 10000, 0 by default.</summary>
    public int DisplayOrder { get; init; }
    /// <summary>The rest of the credits ends 1 to 3650 days after a purchase; never by default.</summary>
    public int? ExpiresAfterDays { get; init; }
}

/// <summary>A new package.</summary>
public sealed record NewPackage : PackageTerms
{
    /// <summary>1 to 50 of `a-z 0-9 _ -`, beginning with a letter or digit. It can never be changed.</summary>
    public required string PackageCode { get; init; }
}

/// <summary>The price of a package in one currency.</summary>
/// <param name="Currency">ISO 4217, lower case.</param>
/// <param name="AmountMinor">1 to 99999999 in the currency's minor unit, as Stripe counts it: 1000 is 10 US dollars, and 1000 yen.</param>
public sealed record PriceTerms(string Currency, long AmountMinor);

internal sealed class PackageTermsValidator : AbstractValidator<PackageTerms>
{
    private const int MostPrices = 50;

    public PackageTermsValidator()
    {
        RuleFor(p => p.PackageName).Must(n => !string.IsNullOrWhiteSpace(n) && IsText(n, 100)).WithMessage("1 to 100 characters, without control characters.");
        RuleFor(p => p.Description).Must(d => d.Length <= 500 && !d.Contains('\0', StringComparison.Ordinal)).WithMessage("At most 500 characters.");
        RuleFor(p => p.BadgeText).Must(b => b is null || IsText(b, 20)).WithMessage("At most 20 characters, without control characters.");
        RuleFor(p => p.Credits).InclusiveBetween(1, 100_000_000).WithMessage("1 to 100000000.");
        RuleFor(p => p.DiscountPercentage).InclusiveBetween(0, 100).WithMessage("0 to 100.");
        RuleFor(p => p.DisplayOrder).InclusiveBetween(0, 10_000).WithMessage("0 to 10000.");
        RuleFor(p => p.ExpiresAfterDays).InclusiveBetween(1, 3650).WithMessage("1 to 3650, or absent.");
        RuleFor(p => p.Currency).Must(StripeCurrency.IsCode).WithMessage(Currencies);
        RuleFor(p => p.Prices).Cascade(CascadeMode.Stop)
            .Must(p => p.Count is > 0 and <= MostPrices && !p.Contains(null!)).WithMessage("1 to 50 prices, none of them null.")
            .Must(p => p.DistinctBy(price => price.Currency).Count() == p.Count).WithMessage("One price per currency.");
        RuleForEach(p => p.Prices).ChildRules(price =>
        {
            price.RuleFor(p => p.Currency).Must(StripeCurrency.IsCode).WithMessage(Currencies);
            price.RuleFor(p => p.AmountMinor).InclusiveBetween(1, 99_999_999).WithMessage("1 to 99999999.")
                .Must((p, amount) => amount % StripeCurrency.Step(p.Currency) == 0)
                .WithMessage(p => $"A multiple of {StripeCurrency.Step(p.Currency)}: Stripe takes no other amounts in {p.Currency}.");
        });
    }

    private const string Currencies = "An ISO 4217 code of three small letters.";

    private static bool IsText(string text, int most) => text.Length <= most && !text.Any(char.IsControl);
}
