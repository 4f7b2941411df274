using System.Net;
using BillingMonolith.SharedKernel;
using Dapper;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Notifications;

/// <summary>
/// Sends a delivery now, with all its attempts anew and under the same id. Refused: there is none (404), it was sent and a repeat was not requested
/// (409), or its endpoint is disabled (409).
/// </summary>
/// <param name="Cause">The request.</param>
/// <param name="Id">The delivery.</param>
public sealed record SendAgain(string Cause, Guid Id) : IRequest<OutboxRow>
{
    /// <summary>Only if it goes to this endpoint.</summary>
    public Guid? EndpointId { get; init; }
    /// <summary>Also one that was sent. A sent mail is not sent twice.</summary>
    public bool IsReplay { get; init; }
}

internal sealed class SendAgainHandler(UnitOfWork work) : IRequestHandler<SendAgain, OutboxRow>
{
    public async Task<OutboxRow> Handle(SendAgain command, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        var found = await connection.QuerySingleOrDefaultAsync<(string Kind, bool IsSent, bool? IsEnabled)?>(new CommandDefinition("""
            SELECT kind, sent_at IS NOT NULL, w.enabled FROM outbox o LEFT JOIN webhook_endpoints w ON w.id = o.endpoint_id
            WHERE o.id = @Id AND (@EndpointId::uuid IS NULL OR o.endpoint_id = @EndpointId) FOR UPDATE OF o
            """, command, cancellationToken: cancellationToken))
            ?? throw new RefusalException(HttpStatusCode.NotFound, "not-found", "There is nothing with this id.");
        if (found.IsSent && !command.IsReplay)
            throw new RefusalException(HttpStatusCode.Conflict, "already-sent", "It was sent. A webhook can be replayed at its endpoint.");
        if (found.IsEnabled is false)
            throw new RefusalException(HttpStatusCode.Conflict, "endpoint-disabled", "Its endpoint is disabled or was deleted. Enable it first.");
        await connection.ExecuteAsync(new CommandDefinition("""
            UPDATE outbox SET sent_at = NULL, parked_at = NULL, retried_at = attempts, next_attempt_at = now(), last_status = NULL, last_error = NULL
            WHERE id = @Id;
            SELECT pg_notify('outbox', '')
            """, command, cancellationToken: cancellationToken));
        work.Record(new AuditEntry(command.IsReplay ? "webhook_delivery.replayed" : "outbox.retried", found.Kind, command.Id.ToString(), command.Cause));
        var db = await work.ContextAsync<NotificationsContext>(cancellationToken);
        return await OutboxRow.Of(db, db.Outbox.Where(o => o.Id == command.Id)).SingleAsync(cancellationToken);
    }
}
