using System.Text.Json;
using Dapper;
using Npgsql;

namespace BillingMonolith.Billing;

/// <summary>A plan as it is sold.</summary>
/// <param name="Id">What prices, sessions and subscriptions call it; never changes.</param>
/// <param name="Family">Of one family a user has at most one subscription.</param>
/// <param name="Name">As buyers see it.</param>
/// <param name="Description">As buyers see it.</param>
/// <param name="LagoPlanMonthly">The code of Lago's plan that bills it by the month.</param>
/// <param name="LagoPlanYearly">The code of Lago's plan that bills it by the year.</param>
/// <param name="Currency">The default currency: ISO 4217, lower case.</param>
/// <param name="Prices">What it costs, in the default currency first; empty = free.</param>
/// <param name="DisplayOrder">Smaller ones are shown first.</param>
/// <param name="IsActive">Whether it is for sale.</param>
/// <param name="IsInviteOnly">Whether only those who were invited see and buy it.</param>
/// <param name="StripeProductId">Stripe's product; null until `setup stripe` has made it.</param>
/// <param name="Revision">Grows with every change.</param>
public sealed record Tier(
    string Id, string Family, string Name, string Description, string LagoPlanMonthly, string LagoPlanYearly, string Currency,
    IReadOnlyList<TierPrice> Prices, int DisplayOrder, bool IsActive, bool IsInviteOnly, string? StripeProductId, long Revision)
{
    /// <summary>The price of a cycle, in the default currency when none is named; null = not sold so.</summary>
    public TierPrice? Price(BillingCycle cycle, string? currency = null) =>
        Prices.FirstOrDefault(p => p.Cycle == cycle && p.Currency == (currency ?? Currency));
}

/// <summary>A tier's price for one cycle in one currency.</summary>
/// <param name="Cycle">How often it is paid.</param>
/// <param name="Currency">ISO 4217, lower case.</param>
/// <param name="AmountMinor">Per cycle, in the currency's minor unit, as Stripe counts it.</param>
/// <param name="StripePriceId">Stripe's price; null until `setup stripe` has made it.</param>
public sealed record TierPrice(BillingCycle Cycle, string Currency, long AmountMinor, string? StripePriceId);

/// <summary>Reads tiers with their prices, in one statement, so that they belong together.</summary>
internal static class TierReader
{
    private const string Select = """
        SELECT t.id, t.family, t.name, t.description, t.lago_plan_monthly AS LagoPlanMonthly, t.lago_plan_yearly AS LagoPlanYearly, t.currency,
               t.display_order AS DisplayOrder, t.active AS IsActive, t.invite_only AS IsInviteOnly, t.stripe_product_id AS StripeProductId, t.revision,
               coalesce((SELECT json_agg(json_build_object('Cycle', (p.cycle = 'yearly')::int, 'Currency', p.currency, 'AmountMinor', p.amount_minor,
                                                           'StripePriceId', p.stripe_price_id) ORDER BY p.currency <> t.currency, p.currency, p.cycle)
                         FROM billing_tier_prices p WHERE p.tier_id = t.id), '[]')::text AS Prices
        FROM billing_tiers t
        """;

    /// <summary>All of them, in the order of the shop.</summary>
    public static async Task<IReadOnlyList<Tier>> AllAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        [.. (await connection.QueryAsync<Row>(new CommandDefinition(
            $"{Select} ORDER BY t.display_order, t.id", cancellationToken: cancellationToken))).Select(r => r.Read())];

    /// <summary>One of them, or null.</summary>
    public static async Task<Tier?> FindAsync(NpgsqlConnection connection, string tierId, CancellationToken cancellationToken) =>
        (await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition(
            $"{Select} WHERE t.id = @tierId", new { tierId }, cancellationToken: cancellationToken)))?.Read();

    private sealed record Row(
        string Id, string Family, string Name, string Description, string LagoPlanMonthly, string LagoPlanYearly, string Currency, int DisplayOrder,
        bool IsActive, bool IsInviteOnly, string? StripeProductId, long Revision, string Prices)
    {
        public Tier Read() => new(Id, Family, Name, Description, LagoPlanMonthly, LagoPlanYearly, Currency,
            JsonSerializer.Deserialize<TierPrice[]>(Prices)!, DisplayOrder, IsActive, IsInviteOnly, StripeProductId, Revision);
    }
}
