using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BillingMonolith.Credits;

/// <summary>A package of credits for sale.</summary>
/// <param name="Id">Never changes.</param>
/// <param name="PackageCode">The code that a purchase names; never changes.</param>
/// <param name="PackageName">The name that buyers see.</param>
/// <param name="Description">The text that buyers see.</param>
/// <param name="Credits">The number of credits that a buyer gets.</param>
/// <param name="PriceUsd">The price in US dollars; null when it has none.</param>
/// <param name="PriceMinor">The price in the default currency, in its minor unit.</param>
/// <param name="Currency">The default currency: ISO 4217, lower case.</param>
/// <param name="Prices">All of its prices, the one in the default currency first.</param>
/// <param name="DiscountPercentage">A badge, 0 to 100: the prices contain it.</param>
/// <param name="IsActive">Whether it is for sale.</param>
/// <param name="IsFeatured">Whether the shop features it.</param>
/// <param name="BadgeText">A word on its badge, such as `POPULAR`.</param>
/// <param name="DisplayOrder">Smaller ones are shown first.</param>
/// <param name="ExpiresAfterDays">The number of days after the purchase until the rest of the credits ends; null = never.</param>
/// <param name="StripePriceId">Stripe's price in the default currency; null until `setup stripe` has made it.</param>
/// <param name="StripeProductId">Stripe's product; null until `setup stripe` has made it.</param>
/// <param name="Revision">Grows with every change.</param>
public sealed record CreditPackage(
    Guid Id, string PackageCode, string PackageName, string Description, long Credits, decimal? PriceUsd, long PriceMinor, string Currency,
    IReadOnlyList<CreditPrice> Prices, int DiscountPercentage, bool IsActive, bool IsFeatured, string? BadgeText, int DisplayOrder,
    int? ExpiresAfterDays, string? StripePriceId, string? StripeProductId, [property: JsonIgnore] long Revision)
{
    // For EF: a navigation cannot be a constructor argument, and a value computed from the prices is no column.
    private CreditPackage(
        Guid id, string packageCode, string packageName, string description, long credits, string currency, int discountPercentage, bool isActive,
        bool isFeatured, string? badgeText, int displayOrder, int? expiresAfterDays, string? stripeProductId, long revision)
        : this(id, packageCode, packageName, description, credits, PriceUsd: null, PriceMinor: 0, currency, new List<CreditPrice>(), discountPercentage,
            isActive, isFeatured, badgeText, displayOrder, expiresAfterDays, StripePriceId: null, stripeProductId, revision)
    {
    }

    /// <summary>A package that is not at Stripe yet.</summary>
    internal static CreditPackage Of(string packageCode, PackageTerms terms) => new(
        Guid.Empty, packageCode, terms.PackageName, terms.Description, terms.Credits, terms.Currency, terms.DiscountPercentage, terms.IsActive,
        terms.IsFeatured, terms.BadgeText, terms.DisplayOrder, terms.ExpiresAfterDays, stripeProductId: null, revision: 1)
    {
        Prices = [.. terms.Prices.Select(p => new CreditPrice(p.Currency, p.AmountMinor, StripePriceId: null))],
    };
}

/// <summary>A package's price in one currency.</summary>
/// <param name="Currency">ISO 4217, lower case.</param>
/// <param name="AmountMinor">In the currency's minor unit, as Stripe counts it: 1000 is 10 US dollars, and 1000 yen.</param>
/// <param name="StripePriceId">Stripe's price; null until `setup stripe` has made it.</param>
public sealed record CreditPrice(string Currency, long AmountMinor, string? StripePriceId);

/// <summary>Reads packages with their prices, in one statement, so that they are consistent.</summary>
internal static class PackageReader
{
    private static readonly JsonSerializerOptions Snake = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>All of them, in the order of the shop.</summary>
    public static async Task<IReadOnlyList<CreditPackage>> AllAsync(CreditsContext db, CancellationToken cancellationToken)
    {
        var packages = await db.Packages.OrderBy(p => p.DisplayOrder).ThenBy(p => p.Credits).ThenBy(p => p.PackageCode).ToListAsync(cancellationToken);
        return packages.ConvertAll(Priced);
    }

    /// <summary>One of them, or null.</summary>
    public static async Task<CreditPackage?> FindAsync(CreditsContext db, string packageCode, CancellationToken cancellationToken) =>
        await db.Packages.SingleOrDefaultAsync(p => p.PackageCode == packageCode, cancellationToken) is { } package ? Priced(package) : null;

    /// <summary>The representation of the API, for the audit log.</summary>
    public static JsonElement Facts(CreditPackage package) => JsonSerializer.SerializeToElement(package, Snake);

    private static CreditPackage Priced(CreditPackage package)
    {
        CreditPrice[] prices = [.. package.Prices.OrderBy(p => p.Currency != package.Currency).ThenBy(p => p.Currency, StringComparer.Ordinal)];
        var usd = Array.Find(prices, p => p.Currency == "usd")?.AmountMinor;
        return package with
        {
            Prices = prices,
            PriceMinor = prices[0].AmountMinor,
            PriceUsd = usd is null ? null : new decimal((int)usd, 0, 0, isNegative: false, scale: 2), // 10.00 rather than 10
            StripePriceId = prices[0].StripePriceId,
        };
    }
}

internal sealed class PackageConfiguration : IEntityTypeConfiguration<CreditPackage>
{
    public void Configure(EntityTypeBuilder<CreditPackage> package)
    {
        package.ToTable("credit_packages");
        package.Property(p => p.Id).HasDefaultValueSql("gen_random_uuid()");
        package.Property(p => p.PackageCode).HasMaxLength(50);
        package.Property(p => p.Currency).HasColumnType("character(3)");
        package.Property(p => p.Revision).IsRowVersion(); // by trigger
        package.Ignore(p => p.PriceUsd).Ignore(p => p.PriceMinor).Ignore(p => p.StripePriceId);
        package.HasMany(p => p.Prices).WithOne().HasForeignKey("PackageCode").HasPrincipalKey(p => p.PackageCode);
        package.Navigation(p => p.Prices).AutoInclude();
    }
}

internal sealed class PriceConfiguration : IEntityTypeConfiguration<CreditPrice>
{
    public void Configure(EntityTypeBuilder<CreditPrice> price)
    {
        price.ToTable("credit_package_prices");
        price.Property<string>("PackageCode").HasMaxLength(50);
        price.HasKey("PackageCode", nameof(CreditPrice.Currency));
        price.Property(p => p.Currency).HasColumnType("character(3)");
        price.Property(p => p.AmountMinor).HasColumnName("price_minor");
    }
}
