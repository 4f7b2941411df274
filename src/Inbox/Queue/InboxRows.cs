using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BillingMonolith.Inbox;

/// <summary>A stored event, for listing: intake writes it, by SQL.</summary>
internal sealed record InboxEvent
{
    public required string Id { get; init; }
    public required string Type { get; init; }
    public DateTime? Created { get; init; }
    public DateTime ReceivedAt { get; init; }
    public required byte[] Payload { get; init; }
}

/// <summary>A step of an event, for listing: the queue writes it, by SQL.</summary>
internal sealed record InboxStep
{
    public required string EventId { get; init; }
    public required string Command { get; init; }
    public int Attempts { get; init; }
    public DateTime? CompletedAt { get; init; }
    public string? Outcome { get; init; }
    public string? LastError { get; init; }
    public string? WaitsFor { get; init; }
    public required InboxEvent Event { get; init; }
}

internal sealed class InboxEventConfiguration : IEntityTypeConfiguration<InboxEvent>
{
    public void Configure(EntityTypeBuilder<InboxEvent> received) => received.ToTable("inbox_events");
}

internal sealed class InboxStepConfiguration : IEntityTypeConfiguration<InboxStep>
{
    public void Configure(EntityTypeBuilder<InboxStep> step)
    {
        step.ToTable("inbox_steps");
        step.HasKey(s => new { s.EventId, s.Command });
        step.HasOne(s => s.Event).WithMany().HasForeignKey(s => s.EventId);
    }
}
