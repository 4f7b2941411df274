using BillingMonolith.SharedKernel;
using MediatR;

namespace BillingMonolith.Notifications;

/// <summary>Takes an endpoint away, and its secrets. Its deliveries stay to be read; what was not delivered is not. 404: there is none.</summary>
/// <param name="Cause">The request.</param>
/// <param name="Id">Which endpoint.</param>
public sealed record DeleteEndpoint(string Cause, Guid Id) : IRequest;

internal sealed class DeleteEndpointHandler(UnitOfWork work) : IRequestHandler<DeleteEndpoint>
{
    public async Task<Unit> Handle(DeleteEndpoint command, CancellationToken cancellationToken)
    {
        var db = await work.ContextAsync<NotificationsContext>(cancellationToken);
        var (before, now) = await WebhookEndpoint.LockAsync(db, command.Id, cancellationToken);
        await db.WriteAsync(
            before, before with { Enabled = false, DeletedAt = now, KeptSecret = "", OldSecret = null, OldSecretUntil = null }, cancellationToken);
        work.Record(new AuditEntry("webhook_endpoint.deleted", "webhook_endpoint", command.Id.ToString(), command.Cause)
        {
            Metadata = new { url = before.Url },
        });
        return Unit.Value;
    }
}
