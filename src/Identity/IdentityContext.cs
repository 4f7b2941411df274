using BillingMonolith.Audit;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Identity;

/// <summary>Identity's rows: what tiers entitle to, whose a customer is, and what was said of subscriptions. What a user has, a function of the database decides.</summary>
internal sealed class IdentityContext(DbContextOptions<IdentityContext> options) : RoomContext(options)
{
    public DbSet<TierPolicy> Tiers => Set<TierPolicy>();
    public DbSet<TierFeature> TierFeatures => Set<TierFeature>();
    public DbSet<CustomerLink> Customers => Set<CustomerLink>();
    public DbSet<SubscriptionRecord> Subscriptions => Set<SubscriptionRecord>();
}
