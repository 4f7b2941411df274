using BillingMonolith.Audit;
using BillingMonolith.Identity;
using Dapper;
using MediatR;

namespace BillingMonolith.Host.Inbox;

/// <summary>It is known whose the payments are: all steps that waited for that go on, in the transaction of the link.</summary>
internal sealed class ReopenUnlinked(UnitOfWork work) : INotificationHandler<CustomerLinked>
{
    public async Task Handle(CustomerLinked linked, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        var reopened = (await connection.QueryAsync<string>(new CommandDefinition("""
            UPDATE inbox_steps SET outcome = NULL, completed_at = NULL, attempts = 0, next_attempt_at = now(), last_error = NULL, waits_for = NULL
            WHERE waits_for = @CustomerId RETURNING event_id
            """, linked, cancellationToken: cancellationToken))).ToList();
        if (reopened.Count == 0) return;
        await connection.ExecuteAsync(new CommandDefinition("SELECT pg_notify('inbox', '')", cancellationToken: cancellationToken));
        foreach (var steps in reopened.GroupBy(e => e))
        {
            work.Record(new AuditEntry("webhook.replayed", "event", steps.Key, linked.Cause)
            {
                UserId = linked.UserId,
                Metadata = new { because = "linked", customer = linked.CustomerId, steps = steps.Count() },
            });
        }
    }
}
