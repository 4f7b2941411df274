using BillingMonolith.Audit;
using Dapper;
using MediatR;

namespace BillingMonolith.Host.Outbox;

/// <summary>Takes an endpoint away, and its secrets. Its deliveries stay to be read; what was not delivered is not. 404: there is none.</summary>
/// <param name="Cause">The request.</param>
/// <param name="Id">Which endpoint.</param>
internal sealed record DeleteEndpoint(string Cause, Guid Id) : IRequest;

internal sealed class DeleteEndpointHandler(UnitOfWork work) : IRequestHandler<DeleteEndpoint>
{
    public async Task<Unit> Handle(DeleteEndpoint command, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        var before = await WebhookEndpoint.LockAsync(connection, command.Id, cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            UPDATE webhook_endpoints SET enabled = false, deleted_at = now(), secret = '', old_secret = NULL, old_secret_until = NULL WHERE id = @Id
            """, command, cancellationToken: cancellationToken));
        work.Record(new AuditEntry("webhook_endpoint.deleted", "webhook_endpoint", command.Id.ToString(), command.Cause)
        {
            Metadata = new { url = before.Url },
        });
        return Unit.Value;
    }
}
