using BillingMonolith.SharedKernel;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Billing;

/// <summary>The rows of Billing: the catalogue, and our copy of subscriptions.</summary>
internal sealed class BillingContext(DbContextOptions<BillingContext> options) : RoomContext(options)
{
    public DbSet<Tier> Tiers => Set<Tier>();
    public DbSet<TierPrice> TierPrices => Set<TierPrice>();
    public DbSet<Invitation> Invitations => Set<Invitation>();
    public DbSet<SubscriptionRow> Subscriptions => Set<SubscriptionRow>();
    public DbSet<PlannedChange> PlannedChanges => Set<PlannedChange>();

    /// <summary>The calendar's time, in a query.</summary>
    [DbFunction("billing_now")]
    public static DateTime CalendarNow() => throw new NotSupportedException("Only the database knows.");
}
