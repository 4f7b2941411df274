using BillingMonolith.Audit;
using Dapper;
using MediatR;

namespace BillingMonolith.Host.Outbox;

/// <summary>Gives an endpoint a new secret, shown this once. The one before signs along for a day; one before that no more. 404: there is none.</summary>
/// <param name="Cause">The request.</param>
/// <param name="Id">Which endpoint.</param>
internal sealed record RotateEndpointSecret(string Cause, Guid Id) : IRequest<WebhookEndpoint>;

internal sealed class RotateEndpointSecretHandler(UnitOfWork work, EndpointSecrets secrets) : IRequestHandler<RotateEndpointSecret, WebhookEndpoint>
{
    public async Task<WebhookEndpoint> Handle(RotateEndpointSecret command, CancellationToken cancellationToken)
    {
        var secret = StandardWebhooks.NewSecret();
        var connection = await work.OpenAsync(cancellationToken);
        await WebhookEndpoint.LockAsync(connection, command.Id, cancellationToken);
        var endpoint = await connection.QuerySingleAsync<WebhookEndpoint>(new CommandDefinition($"""
            UPDATE webhook_endpoints SET old_secret = secret, old_secret_until = now() + interval '24 hours', secret = @Kept, updated_at = now()
            WHERE id = @Id RETURNING {WebhookEndpoint.Columns}
            """, new { command.Id, Kept = secrets.Write(secret) }, cancellationToken: cancellationToken));
        work.Record(new AuditEntry("webhook_endpoint.secret_rotated", "webhook_endpoint", command.Id.ToString(), command.Cause));
        return endpoint with { Secret = secret };
    }
}
