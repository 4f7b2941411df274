using BillingMonolith.SharedKernel;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Host.Reconcile;

/// <summary>The reconciler's runs and findings.</summary>
internal sealed class ReconcileContext(DbContextOptions<ReconcileContext> options) : RoomContext(options)
{
    public DbSet<ReconcileRun> ReconcileRuns => Set<ReconcileRun>();
    public DbSet<Finding> Findings => Set<Finding>();
}
