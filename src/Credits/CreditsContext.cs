using BillingMonolith.SharedKernel;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Credits;

/// <summary>The rows of Credits: the catalogue of packs, purchases for listing, and approvals. The ledger belongs to the database's functions.</summary>
internal sealed class CreditsContext(DbContextOptions<CreditsContext> options) : RoomContext(options)
{
    public DbSet<CreditPackage> Packages => Set<CreditPackage>();
    public DbSet<CreditPrice> Prices => Set<CreditPrice>();
    public DbSet<Purchase> Purchases => Set<Purchase>();
    public DbSet<Approval> Approvals => Set<Approval>();
}
