using System.Net;
using BillingMonolith.Audit;
using Dapper;
using MediatR;

namespace BillingMonolith.Host.Outbox;

/// <summary>Sends an endpoint a <c>webhook.test</c>, subscribed or not. Refused: there is none (404), or it is disabled (409).</summary>
/// <param name="Cause">The request.</param>
/// <param name="Id">Which endpoint.</param>
internal sealed record TestEndpoint(string Cause, Guid Id) : IRequest<OutboxRow>;

internal sealed class TestEndpointHandler(UnitOfWork work, OutboxWriter outbox) : IRequestHandler<TestEndpoint, OutboxRow>
{
    public async Task<OutboxRow> Handle(TestEndpoint command, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        var endpoint = await WebhookEndpoint.LockAsync(connection, command.Id, cancellationToken);
        if (!endpoint.Enabled) throw new RefusalException(HttpStatusCode.Conflict, "endpoint-disabled", "The endpoint is disabled. Enable it first.");
        var id = await outbox.EventToAsync(
            endpoint.Id, new OutgoingEvent(OutgoingEventTypes.Test, command.Cause, new { endpoint_id = endpoint.Id }), cancellationToken);
        work.Record(new AuditEntry("webhook_endpoint.tested", "webhook_endpoint", command.Id.ToString(), command.Cause));
        return await connection.QuerySingleAsync<OutboxRow>(new CommandDefinition(
            $"SELECT {OutboxRow.Columns} FROM outbox o LEFT JOIN outgoing_events e ON e.id = o.event_id WHERE o.id = @id", new { id },
            cancellationToken: cancellationToken));
    }
}
