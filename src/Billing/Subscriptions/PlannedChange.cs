using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BillingMonolith.Billing;

/// <summary>A subscription's change at its period's end, and how often a card refused an immediate change.</summary>
internal sealed record PlannedChange
{
    public required string SubscriptionId { get; init; }
    public string? TierId { get; init; }
    public BillingCycle? Cycle { get; init; }
    public DateTime? EffectiveAt { get; init; }
    public int Refusals { get; init; }
}

internal sealed class PlannedChangeConfiguration : IEntityTypeConfiguration<PlannedChange>
{
    public void Configure(EntityTypeBuilder<PlannedChange> change)
    {
        change.ToTable("billing_planned_changes");
        change.HasKey(c => c.SubscriptionId);
        change.Property(c => c.Cycle).HasColumnName("billing_cycle").HasConversion(cycle => cycle!.Value.Word(), word => BillingCycles.Known(word));
    }
}
