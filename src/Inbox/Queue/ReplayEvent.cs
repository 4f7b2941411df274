using BillingMonolith.SharedKernel;
using Dapper;
using MediatR;

namespace BillingMonolith.Inbox;

/// <summary>
/// An operator reopens an event's parked and ignored steps, with all their attempts; done steps stay done. An event that had no route
/// when it came is routed now. Returns the number of reopened steps.
/// </summary>
public sealed record ReplayEvent(string EventId, string Operator) : IRequest<int>;

internal sealed class ReplayEventHandler(UnitOfWork work) : IRequestHandler<ReplayEvent, int>
{
    public async Task<int> Handle(ReplayEvent command, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        var reopened = await connection.ExecuteScalarAsync<int>(new CommandDefinition($"""
            WITH reopened AS (
              UPDATE inbox_steps SET {StepQueue.Reopened}
              WHERE event_id = @EventId AND outcome IN ('parked', 'ignored') RETURNING 1),
            routed AS (
              INSERT INTO inbox_steps (event_id, command, lane) SELECT id, '{StepKinds.Route}', '{StepLane.Local}' FROM inbox_events WHERE id = @EventId
              ON CONFLICT DO NOTHING RETURNING 1)
            SELECT (SELECT count(*) FROM reopened) + (SELECT count(*) FROM routed) FROM pg_notify('{InboxWakeUp.Channel}', '')
            """, command, cancellationToken: cancellationToken));
        if (reopened == 0) return 0;
        work.Record(new AuditEntry("webhook.replayed", "event", command.EventId, command.EventId)
        {
            Metadata = new { by = command.Operator, steps = reopened },
        });
        return reopened;
    }
}
