using BillingMonolith.SharedKernel;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Identity;

/// <summary>Identity's rows: what tiers entitle to. What a user has because of it, a function of the database decides.</summary>
internal sealed class IdentityContext(DbContextOptions<IdentityContext> options) : RoomContext(options)
{
    public DbSet<TierPolicy> Tiers => Set<TierPolicy>();
    public DbSet<TierFeature> TierFeatures => Set<TierFeature>();
}
