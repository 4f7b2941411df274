using Dapper;
using FluentValidation;
using MediatR;
using Npgsql;

namespace BillingMonolith.Host.Outbox;

/// <summary>Reads what is, was or could not be sent, the latest first.</summary>
/// <param name="State"><c>pending</c>, <c>parked</c> or <c>sent</c>; null = all.</param>
/// <param name="Limit">At most so many.</param>
/// <param name="After">Where the page before ended.</param>
internal sealed record ReadOutbox(string? State, int Limit, OutboxPosition? After) : IRequest<OutboxPage>
{
    /// <summary>Only what goes to this endpoint.</summary>
    public Guid? EndpointId { get; init; }
}

/// <summary>Some of it.</summary>
internal sealed record OutboxPage(IReadOnlyList<OutboxRow> Rows, bool HasMore)
{
    public OutboxPosition? Next => HasMore ? new OutboxPosition(Rows[^1].CreatedAt, Rows[^1].Id) : null;
}

/// <summary>The last one of a page.</summary>
internal sealed record OutboxPosition(DateTime CreatedAt, Guid Id);

/// <summary>Something that is sent.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">`mail` or `webhook`.</param>
/// <param name="Key">What it tells of.</param>
/// <param name="What">A mail's template, or a webhook's event type.</param>
/// <param name="State">`pending`, `parked` (it waits for a person) or `sent`.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="CreatedAt">When it happened.</param>
/// <param name="NextAttemptAt">When it is tried again; null when it is not.</param>
/// <param name="SentAt">When the other side took it.</param>
/// <param name="ParkedAt">Since when it waits for a person.</param>
/// <param name="Status">What the other side answered last: an SMTP or HTTP status.</param>
/// <param name="Error">Why it was not sent.</param>
/// <param name="EndpointId">Where a webhook goes.</param>
/// <param name="EventId">A webhook's `webhook-id`.</param>
internal sealed record OutboxRow(
    Guid Id, string Kind, string Key, string What, string State, int Attempts, DateTime CreatedAt, DateTime? NextAttemptAt, DateTime? SentAt,
    DateTime? ParkedAt, int? Status, string? Error, Guid? EndpointId, string? EventId)
{
    internal const string Columns = """
        o.id, o.kind, o.key, coalesce(e.type, o.payload->>'template') AS What,
        CASE WHEN o.sent_at IS NOT NULL THEN 'sent' WHEN o.parked_at IS NOT NULL THEN 'parked' ELSE 'pending' END AS State, o.attempts,
        o.created_at AS CreatedAt, CASE WHEN o.sent_at IS NULL AND o.parked_at IS NULL THEN o.next_attempt_at END AS NextAttemptAt, o.sent_at AS SentAt,
        o.parked_at AS ParkedAt, o.last_status AS Status, o.last_error AS Error, o.endpoint_id AS EndpointId, o.event_id AS EventId
        """;
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

internal sealed class ReadOutboxHandler(NpgsqlDataSource database) : IRequestHandler<ReadOutbox, OutboxPage>
{
    public async Task<OutboxPage> Handle(ReadOutbox query, CancellationToken cancellationToken)
    {
        List<string> conditions =
        [
            query.State switch { "pending" => OutboxQueue.Open, "parked" => "parked_at IS NOT NULL", "sent" => "sent_at IS NOT NULL", _ => "true" },
        ];
        if (query.EndpointId is not null) conditions.Add("endpoint_id = @EndpointId");
        if (query.After is not null) conditions.Add("(created_at, id) < (@CreatedAt, @Id)");
        var order = query.EndpointId is null ? "created_at DESC, id DESC" : "created_at DESC NULLS LAST, id DESC"; // each index its own
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = (await connection.QueryAsync<OutboxRow>(new CommandDefinition($"""
            SELECT {OutboxRow.Columns}
            FROM (SELECT * FROM outbox WHERE {string.Join(" AND ", conditions)} ORDER BY {order} LIMIT @Take) o
            LEFT JOIN outgoing_events e ON e.id = o.event_id ORDER BY o.created_at DESC, o.id DESC
            """, new { query.EndpointId, query.After?.CreatedAt, query.After?.Id, Take = query.Limit + 1 }, cancellationToken: cancellationToken))).AsList();
        return new OutboxPage([.. rows.Take(query.Limit)], rows.Count > query.Limit);
    }
}
