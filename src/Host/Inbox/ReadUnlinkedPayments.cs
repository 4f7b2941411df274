using BillingMonolith.Host.Routing;
using Dapper;
using FluentValidation;
using MediatR;
using Npgsql;

namespace BillingMonolith.Host.Inbox;

/// <summary>Payments that no user is known for, the latest first: one row per event, whatever the number of its steps.</summary>
internal sealed record ReadUnlinkedPayments(int Limit, UnlinkedPosition? After) : IRequest<IReadOnlyList<UnlinkedPayment>>;

/// <summary>The last payment of a page.</summary>
internal sealed record UnlinkedPosition(DateTime ParkedAt, string EventId);

internal sealed class ReadUnlinkedPaymentsValidator : AbstractValidator<ReadUnlinkedPayments>
{
    public ReadUnlinkedPaymentsValidator()
    {
        RuleFor(q => q.Limit).InclusiveBetween(1, 200).WithMessage("1 to 200.");
        RuleFor(q => q.After!.ParkedAt.Kind).Equal(DateTimeKind.Utc).When(q => q.After is not null).OverridePropertyName("cursor");
    }
}

internal sealed class ReadUnlinkedPaymentsHandler(NpgsqlDataSource database) : IRequestHandler<ReadUnlinkedPayments, IReadOnlyList<UnlinkedPayment>>
{
    // An event's steps are parked together; the first of them by name stands for it.
    internal const string Waiting = """
        SELECT s.event_id AS EventId, s.waits_for AS WaitsFor, s.completed_at AS ParkedAt, s.last_error AS Reason, e.payload
        FROM inbox_steps s JOIN inbox_events e ON e.id = s.event_id
        WHERE s.waits_for IS NOT NULL
          AND NOT EXISTS (SELECT FROM inbox_steps o WHERE o.event_id = s.event_id AND o.waits_for IS NOT NULL AND o.command < s.command)
        """;

    public async Task<IReadOnlyList<UnlinkedPayment>> Handle(ReadUnlinkedPayments query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<Row>(new CommandDefinition($"""
            {Waiting} {(query.After is null ? "" : "AND (s.completed_at, s.event_id) < (@ParkedAt, @EventId)")}
            ORDER BY s.completed_at DESC, s.event_id DESC LIMIT @Limit
            """, new { query.Limit, query.After?.ParkedAt, query.After?.EventId }, cancellationToken: cancellationToken));
        return [.. rows.Select(r => UnlinkedPayment.Of(new Happening(StripeEventReader.Read(r.Payload)), r.WaitsFor, r.ParkedAt, r.Reason))];
    }

    internal sealed record Row(string EventId, string WaitsFor, DateTime ParkedAt, string Reason, byte[] Payload);
}
