using System.Text.Json;
using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BillingMonolith.Notifications;

/// <summary>Reads deliveries, sent or not, the latest first.</summary>
/// <param name="State"><c>pending</c>, <c>parked</c> or <c>sent</c>; null = all.</param>
/// <param name="Limit">At most so many.</param>
/// <param name="After">The end of the previous page.</param>
public sealed record ReadOutbox(string? State, int Limit, OutboxPosition? After) : IRequest<OutboxPage>
{
    /// <summary>Only deliveries to this endpoint.</summary>
    public Guid? EndpointId { get; init; }
}

/// <summary>A page of deliveries.</summary>
public sealed record OutboxPage(IReadOnlyList<OutboxRow> Rows, bool HasMore)
{
    /// <summary>The cursor of the next page; null on the last one.</summary>
    public OutboxPosition? Next => HasMore ? new OutboxPosition(Rows[^1].CreatedAt, Rows[^1].Id) : null;
}

/// <summary>The last delivery of a page.</summary>
public sealed record OutboxPosition(DateTime CreatedAt, Guid Id);

/// <summary>A delivery.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">`mail` or `webhook`.</param>
/// <param name="Key">Its key.</param>
/// <param name="What">A mail's template, or a webhook's event type.</param>
/// <param name="State">`pending`, `parked` (it waits for a person) or `sent`.</param>
/// <param name="Attempts">The number of attempts.</param>
/// <param name="CreatedAt">The time of the event.</param>
/// <param name="NextAttemptAt">The time of the next attempt; null when there is none.</param>
/// <param name="SentAt">The time of acceptance by the receiver.</param>
/// <param name="ParkedAt">The time since which it waits for a person.</param>
/// <param name="Status">The receiver's last status: an SMTP or HTTP status.</param>
/// <param name="Error">The reason why it was not sent.</param>
/// <param name="EndpointId">The endpoint of a webhook.</param>
/// <param name="EventId">A webhook's `webhook-id`.</param>
public sealed record OutboxRow(
    Guid Id, string Kind, string Key, string What, string State, int Attempts, DateTime CreatedAt, DateTime? NextAttemptAt, DateTime? SentAt,
    DateTime? ParkedAt, int? Status, string? Error, Guid? EndpointId, string? EventId)
{
    /// <summary>These rows, each with its webhook's event; the latest first.</summary>
    internal static IQueryable<OutboxRow> Of(NotificationsContext db, IQueryable<OutboxEntry> entries) =>
        from o in entries
        join e in db.OutgoingEvents on o.EventId equals e.Id into events
        from e in events.DefaultIfEmpty()
        orderby o.CreatedAt descending, o.Id descending
        select new OutboxRow(
            o.Id, o.Kind, o.Key, e.Type ?? o.Payload!.RootElement.GetProperty("template").GetString()!,
            o.SentAt != null ? "sent" : o.ParkedAt != null ? "parked" : "pending", o.Attempts, o.CreatedAt,
            o.SentAt == null && o.ParkedAt == null ? o.NextAttemptAt : null, o.SentAt, o.ParkedAt, o.LastStatus, o.LastError, o.EndpointId, o.EventId);
}

/// <summary>A row of the outbox, for listing: the queue and the writer write it, by SQL.</summary>
internal sealed record OutboxEntry
{
    public Guid Id { get; init; }
    public required string Kind { get; init; }
    public required string Key { get; init; }
    public JsonDocument? Payload { get; init; }
    public string? EventId { get; init; }
    public Guid? EndpointId { get; init; }
    public int Attempts { get; init; }
    public DateTime NextAttemptAt { get; init; }
    public DateTime CreatedAt { get; init; }
    public DateTime? SentAt { get; init; }
    public DateTime? ParkedAt { get; init; }
    public int? LastStatus { get; init; }
    public string? LastError { get; init; }
}

/// <summary>A webhook's event, for listing.</summary>
internal sealed record ToldEvent(string Id, string Type);

internal sealed class OutboxEntryConfiguration : IEntityTypeConfiguration<OutboxEntry>
{
    public void Configure(EntityTypeBuilder<OutboxEntry> entry) => entry.ToTable("outbox");
}

internal sealed class ToldEventConfiguration : IEntityTypeConfiguration<ToldEvent>
{
    public void Configure(EntityTypeBuilder<ToldEvent> told) => told.ToTable("outgoing_events");
}

internal sealed class ReadOutboxValidator : AbstractValidator<ReadOutbox>
{
    public ReadOutboxValidator()
    {
        RuleFor(q => q.State).Must(s => s is null or "pending" or "parked" or "sent").WithMessage("pending, parked or sent; or absent.");
        RuleFor(q => q.Limit).InclusiveBetween(1, 200).WithMessage("1 to 200.");
        RuleFor(q => q.After!.CreatedAt.Kind).Equal(DateTimeKind.Utc).When(q => q.After is not null).OverridePropertyName("cursor");
    }
}

internal sealed class ReadOutboxHandler(IDbContextFactory<NotificationsContext> contexts) : IRequestHandler<ReadOutbox, OutboxPage>
{
    public async Task<OutboxPage> Handle(ReadOutbox query, CancellationToken cancellationToken)
    {
        var page = new PageSql("outbox");
        if (query.State == "pending") page.Where($"sent_at IS NULL AND parked_at IS NULL");
        if (query.State == "parked") page.Where($"parked_at IS NOT NULL");
        if (query.State == "sent") page.Where($"sent_at IS NOT NULL");
        if (query.After is { } after) page.Where($"(created_at, id) < ({after.CreatedAt}, {after.Id})");
        IReadOnlyList<FormattableString> sets = query.EndpointId is { } endpoint ? [$"endpoint_id = {endpoint}"] : [];
        var order = query.EndpointId is null ? "created_at DESC, id DESC" : "created_at DESC NULLS LAST, id DESC"; // each index its own
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await OutboxRow.Of(db, page.Of(db.Outbox, sets, order, query.Limit + 1)).ToListAsync(cancellationToken);
        return new OutboxPage([.. rows.Take(query.Limit)], rows.Count > query.Limit);
    }
}
