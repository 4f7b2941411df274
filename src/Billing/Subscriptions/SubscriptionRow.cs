using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BillingMonolith.Billing;

/// <summary>A row of <c>billing_subscriptions</c>, as it is read, written and audited. Amount in minor units of its currency.</summary>
internal sealed record SubscriptionRow
{
    public required string SubscriptionId { get; init; }
    public required string UserId { get; init; }
    public required string CustomerId { get; init; }
    public required string TierId { get; init; }
    public required string Cycle { get; init; }
    public required string Status { get; init; }
    public long? AmountMinor { get; init; }
    public string? Currency { get; init; }
    public DateTimeOffset? CurrentPeriodEnd { get; init; }
    public bool CancelAtPeriodEnd { get; init; }
    public DateTimeOffset? CancelAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public string? LagoPlanCode { get; init; }
    public DateTimeOffset AsOf { get; init; }
    public int AsOfRank { get; init; }

    /// <summary>PostgreSQL keeps microseconds in UTC; rounded here, because otherwise a row would never equal the written value.</summary>
    public static SubscriptionRow Of(SyncSubscription wanted, string? lagoPlanCode) => new()
    {
        SubscriptionId = wanted.SubscriptionId,
        UserId = wanted.UserId,
        CustomerId = wanted.CustomerId,
        TierId = wanted.TierId,
        Cycle = wanted.Cycle.Word(),
        Status = wanted.Status,
        AmountMinor = wanted.AmountMinor,
        Currency = wanted.Currency,
        CurrentPeriodEnd = wanted.CurrentPeriodEnd is { } end ? Microseconds(end) : null,
        CancelAtPeriodEnd = wanted.CancelAtPeriodEnd,
        CancelAt = wanted.CancelAt is { } cancel ? Microseconds(cancel) : null,
        EndedAt = wanted.EndedAt is { } ended ? Microseconds(ended) : null,
        LagoPlanCode = lagoPlanCode,
        AsOf = Microseconds(wanted.AsOf),
        AsOfRank = wanted.AsOfRank,
    };

    /// <summary>The command that this row came from; its cause is the present caller.</summary>
    public SyncSubscription ToCommand(string cause) =>
        new(cause, UserId, SubscriptionId, CustomerId, TierId, BillingCycles.Known(Cycle), Status)
        {
            AmountMinor = AmountMinor,
            Currency = Currency,
            CurrentPeriodEnd = CurrentPeriodEnd,
            CancelAtPeriodEnd = CancelAtPeriodEnd,
            CancelAt = CancelAt,
            EndedAt = EndedAt,
            AsOf = AsOf,
            AsOfRank = AsOfRank,
        };

    public bool IsNewerThan(SyncSubscription other) => (AsOf, AsOfRank).CompareTo((Microseconds(other.AsOf), other.AsOfRank)) > 0;

    /// <summary>Equal except for the time of the report.</summary>
    public bool SaysTheSameAs(SubscriptionRow other) => this with { AsOf = other.AsOf, AsOfRank = other.AsOfRank } == other;

    private static DateTimeOffset Microseconds(DateTimeOffset time)
    {
        var utc = time.ToUniversalTime();
        return utc.AddTicks(-(utc.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}

internal sealed class SubscriptionConfiguration : IEntityTypeConfiguration<SubscriptionRow>
{
    public void Configure(EntityTypeBuilder<SubscriptionRow> subscription)
    {
        subscription.ToTable("billing_subscriptions");
        subscription.HasKey(s => s.SubscriptionId);
        subscription.Property(s => s.Cycle).HasColumnName("billing_cycle");
        subscription.Property<DateTime>("CreatedAt"); // these two describe the row, not the subscription: no audit entry shows them
        subscription.Property<DateTime>("UpdatedAt");
    }
}
