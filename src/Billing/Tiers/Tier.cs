using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BillingMonolith.Billing;

/// <summary>A plan for sale.</summary>
/// <param name="Id">The id in prices, sessions and subscriptions; never changes.</param>
/// <param name="Family">A user has at most one subscription of a family.</param>
/// <param name="Name">The name that buyers see.</param>
/// <param name="Description">The text that buyers see.</param>
/// <param name="LagoPlanMonthly">The code of Lago's plan that bills it by the month.</param>
/// <param name="LagoPlanYearly">The code of Lago's plan that bills it by the year.</param>
/// <param name="Currency">The default currency: ISO 4217, lower case.</param>
/// <param name="Prices">The prices, in the default currency first; empty = free.</param>
/// <param name="DisplayOrder">Smaller ones are shown first.</param>
/// <param name="IsActive">Whether it is for sale.</param>
/// <param name="IsInviteOnly">Whether only invited users see and buy it.</param>
/// <param name="StripeProductId">Stripe's product; null until `setup stripe` has made it.</param>
/// <param name="Revision">Grows with every change.</param>
public sealed record Tier(
    string Id, string Family, string Name, string Description, string LagoPlanMonthly, string LagoPlanYearly, string Currency,
    IReadOnlyList<TierPrice> Prices, int DisplayOrder, bool IsActive, bool IsInviteOnly, string? StripeProductId, long Revision)
{
    // For EF: a navigation cannot be a constructor argument.
    private Tier(
        string id, string family, string name, string description, string lagoPlanMonthly, string lagoPlanYearly, string currency, int displayOrder,
        bool isActive, bool isInviteOnly, string? stripeProductId, long revision)
        : this(id, family, name, description, lagoPlanMonthly, lagoPlanYearly, currency, new List<TierPrice>(), displayOrder, isActive, isInviteOnly,
            stripeProductId, revision)
    {
    }

    /// <summary>The price of a cycle, in the default currency when none is given; null = not for sale.</summary>
    public TierPrice? Price(BillingCycle cycle, string? currency = null) =>
        Prices.FirstOrDefault(p => p.Cycle == cycle && p.Currency == (currency ?? Currency));
}

/// <summary>A tier's price for one cycle in one currency.</summary>
/// <param name="Cycle">The billing cycle.</param>
/// <param name="Currency">ISO 4217, lower case.</param>
/// <param name="AmountMinor">Per cycle, in the currency's minor unit, as Stripe counts it.</param>
/// <param name="StripePriceId">Stripe's price; null until `setup stripe` has made it.</param>
public sealed record TierPrice(BillingCycle Cycle, string Currency, long AmountMinor, string? StripePriceId);

/// <summary>Reads tiers with their prices, in one statement, so that they are consistent.</summary>
internal static class TierReader
{
    /// <summary>All of them, in the order of the shop.</summary>
    public static async Task<IReadOnlyList<Tier>> AllAsync(BillingContext db, CancellationToken cancellationToken) =>
        [.. (await db.Tiers.OrderBy(t => t.DisplayOrder).ThenBy(t => t.Id).ToListAsync(cancellationToken)).Select(Ordered)];

    /// <summary>One of them, or null.</summary>
    public static async Task<Tier?> FindAsync(BillingContext db, string tierId, CancellationToken cancellationToken) =>
        await db.Tiers.SingleOrDefaultAsync(t => t.Id == tierId, cancellationToken) is { } tier ? Ordered(tier) : null;

    private static Tier Ordered(Tier tier) => tier with
    {
        Prices = [.. tier.Prices.OrderBy(p => p.Currency != tier.Currency).ThenBy(p => p.Currency, StringComparer.Ordinal).ThenBy(p => p.Cycle)],
    };
}

internal sealed class TierConfiguration : IEntityTypeConfiguration<Tier>
{
    public void Configure(EntityTypeBuilder<Tier> tier)
    {
        tier.ToTable("billing_tiers");
        tier.Property(t => t.IsActive).HasColumnName("active");
        tier.Property(t => t.IsInviteOnly).HasColumnName("invite_only");
        tier.Property(t => t.Revision).IsRowVersion(); // by trigger
        tier.HasMany(t => t.Prices).WithOne().HasForeignKey("TierId");
        tier.Navigation(t => t.Prices).AutoInclude();
    }
}

internal sealed class TierPriceConfiguration : IEntityTypeConfiguration<TierPrice>
{
    public void Configure(EntityTypeBuilder<TierPrice> price)
    {
        price.ToTable("billing_tier_prices");
        price.Property<string>("TierId");
        price.HasKey("TierId", nameof(TierPrice.Cycle), nameof(TierPrice.Currency));
        price.Property(p => p.Cycle).HasConversion(cycle => cycle.Word(), word => BillingCycles.Known(word));
    }
}
