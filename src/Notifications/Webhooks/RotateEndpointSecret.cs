using BillingMonolith.SharedKernel;
using MediatR;

namespace BillingMonolith.Notifications;

/// <summary>Gives an endpoint a new secret, shown only this once. The previous one also signs for a day; older ones stop at once. 404: there is none.</summary>
/// <param name="Cause">The request.</param>
/// <param name="Id">The endpoint.</param>
public sealed record RotateEndpointSecret(string Cause, Guid Id) : IRequest<WebhookEndpoint>;

internal sealed class RotateEndpointSecretHandler(UnitOfWork work, EndpointSecrets secrets) : IRequestHandler<RotateEndpointSecret, WebhookEndpoint>
{
    public async Task<WebhookEndpoint> Handle(RotateEndpointSecret command, CancellationToken cancellationToken)
    {
        var secret = StandardWebhooks.NewSecret();
        var db = await work.ContextAsync<NotificationsContext>(cancellationToken);
        var (before, now) = await WebhookEndpoint.LockAsync(db, command.Id, cancellationToken);
        var endpoint = await db.WriteAsync(before, before with
        {
            OldSecret = before.KeptSecret, OldSecretUntil = now.AddDays(1), KeptSecret = secrets.Write(secret), UpdatedAt = now,
        }, cancellationToken);
        work.Record(new AuditEntry("webhook_endpoint.secret_rotated", "webhook_endpoint", command.Id.ToString(), command.Cause));
        return endpoint with { Secret = secret };
    }
}
