using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BillingMonolith.Identity;

/// <summary>What Stripe said last of a subscription (<see cref="SetTier"/> writes it, by SQL).</summary>
internal sealed record SubscriptionRecord
{
    public required string SubscriptionId { get; init; }
    public required string UserId { get; init; }
    public required string TierId { get; init; }
    public required string Status { get; init; }
    public string? BillingCycle { get; init; }
    public DateTime? StartDate { get; init; }
    public DateTime? EndDate { get; init; }
    public DateTime? PastDueSince { get; init; }
    public DateTime AsOf { get; init; }
    public int AsOfRank { get; init; }
}

internal sealed class SubscriptionRecordConfiguration : IEntityTypeConfiguration<SubscriptionRecord>
{
    public void Configure(EntityTypeBuilder<SubscriptionRecord> subscription)
    {
        subscription.ToTable("identity_subscriptions");
        subscription.HasKey(s => s.SubscriptionId);
    }
}
