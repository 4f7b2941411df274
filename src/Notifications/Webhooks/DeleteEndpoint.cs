using BillingMonolith.SharedKernel;
using MediatR;

namespace BillingMonolith.Notifications;

/// <summary>Deletes an endpoint and its secrets. Its deliveries stay readable; open ones are not sent any more. 404: there is none.</summary>
/// <param name="Cause">The request.</param>
/// <param name="Id">The endpoint.</param>
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
