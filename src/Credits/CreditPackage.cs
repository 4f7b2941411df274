using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using Npgsql;

namespace BillingMonolith.Credits;

/// <summary>A package of credits as it is sold.</summary>
/// <param name="Id">Stays the same for good.</param>
/// <param name="PackageCode">What a purchase names; never changes.</param>
/// <param name="PackageName">As buyers see it.</param>
/// <param name="Description">As buyers see it.</param>
/// <param name="Credits">How many credits a buyer gets.</param>
/// <param name="PriceUsd">The price in US dollars; null when it has none.</param>
/// <param name="PriceMinor">The price in the default currency, in its minor unit.</param>
/// <param name="Currency">The default currency: ISO 4217, lower case.</param>
/// <param name="Prices">All of its prices, the one in the default currency first.</param>
/// <param name="DiscountPercentage">A badge, 0 to 100: the prices contain it.</param>
/// <param name="IsActive">Whether it is for sale.</param>
/// <param name="IsFeatured">Whether the shop puts it forward.</param>
/// <param name="BadgeText">A word on it, such as `POPULAR`.</param>
/// <param name="DisplayOrder">Smaller ones are shown first.</param>
/// <param name="ExpiresAfterDays">How long after the purchase what is left of the credits ends; null = never.</param>
/// <param name="StripePriceId">Stripe's price in the default currency; null until `setup stripe` has made it.</param>
/// <param name="StripeProductId">Stripe's product; null until `setup stripe` has made it.</param>
/// <param name="Revision">Grows with every change.</param>
public sealed record CreditPackage(
    Guid Id, string PackageCode, string PackageName, string Description, long Credits, decimal? PriceUsd, long PriceMinor, string Currency,
    IReadOnlyList<CreditPrice> Prices, int DiscountPercentage, bool IsActive, bool IsFeatured, string? BadgeText, int DisplayOrder,
    int? ExpiresAfterDays, string? StripePriceId, string? StripeProductId, [property: JsonIgnore] long Revision);

/// <summary>A package's price in one currency.</summary>
/// <param name="Currency">ISO 4217, lower case.</param>
/// <param name="AmountMinor">In the currency's minor unit, as Stripe counts it: 1000 is 10 US dollars, and 1000 yen.</param>
/// <param name="StripePriceId">Stripe's price; null until `setup stripe` has made it.</param>
public sealed record CreditPrice(string Currency, long AmountMinor, string? StripePriceId);

/// <summary>Reads packages with their prices, in one statement, so that they belong together.</summary>
internal static class PackageReader
{
    private static readonly JsonSerializerOptions Snake = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private const string Select = """
        SELECT p.id, p.package_code AS PackageCode, p.package_name AS PackageName, p.description, p.credits, p.currency,
               p.discount_percentage AS DiscountPercentage, p.is_active AS IsActive, p.is_featured AS IsFeatured, p.badge_text AS BadgeText,
               p.display_order AS DisplayOrder, p.expires_after_days AS ExpiresAfterDays, p.stripe_product_id AS StripeProductId, p.revision,
               (SELECT json_agg(json_build_object('currency', r.currency, 'amount_minor', r.price_minor, 'stripe_price_id', r.stripe_price_id)
                                ORDER BY r.currency <> p.currency, r.currency)
                FROM credit_package_prices r WHERE r.package_code = p.package_code)::text AS Prices
        FROM credit_packages p
        """;

    /// <summary>All of them, in the order of the shop.</summary>
    public static async Task<IReadOnlyList<CreditPackage>> AllAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        [.. (await connection.QueryAsync<Row>(new CommandDefinition(
            $"{Select} ORDER BY p.display_order, p.credits, p.package_code", cancellationToken: cancellationToken))).Select(r => r.Read())];

    /// <summary>One of them, or null.</summary>
    public static async Task<CreditPackage?> FindAsync(NpgsqlConnection connection, string packageCode, CancellationToken cancellationToken) =>
        (await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition(
            $"{Select} WHERE p.package_code = @packageCode", new { packageCode }, cancellationToken: cancellationToken)))?.Read();

    /// <summary>As the API shows it, for the audit log.</summary>
    public static JsonElement Facts(CreditPackage package) => JsonSerializer.SerializeToElement(package, Snake);

    private sealed record Row(
        Guid Id, string PackageCode, string PackageName, string Description, long Credits, string Currency, int DiscountPercentage, bool IsActive,
        bool IsFeatured, string? BadgeText, int DisplayOrder, int? ExpiresAfterDays, string? StripeProductId, long Revision, string Prices)
    {
        public CreditPackage Read()
        {
            var prices = JsonSerializer.Deserialize<CreditPrice[]>(Prices, Snake)!;
            var usd = Array.Find(prices, p => p.Currency == "usd")?.AmountMinor;
            var dollars = usd is null ? (decimal?)null : new decimal((int)usd, 0, 0, isNegative: false, scale: 2); // 10.00 rather than 10
            return new CreditPackage(Id, PackageCode, PackageName, Description, Credits, dollars, prices[0].AmountMinor, Currency, prices,
                DiscountPercentage, IsActive, IsFeatured, BadgeText, DisplayOrder, ExpiresAfterDays, prices[0].StripePriceId, StripeProductId, Revision);
        }
    }
}
