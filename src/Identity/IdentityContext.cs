using BillingMonolith.SharedKernel;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Identity;

/// <summary>The rows of Identity: the entitlements of tiers. A function of the database decides a user's entitlement.</summary>
internal sealed class IdentityContext(DbContextOptions<IdentityContext> options) : RoomContext(options)
{
    public DbSet<TierPolicy> Tiers => Set<TierPolicy>();
    public DbSet<TierFeature> TierFeatures => Set<TierFeature>();
}
