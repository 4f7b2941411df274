using System.Net;
using BillingMonolith.SharedKernel;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Notifications;

/// <summary>Sends an endpoint a <c>webhook.test</c>, subscribed or not. Refused: there is none (404), or it is disabled (409).</summary>
/// <param name="Cause">The request.</param>
/// <param name="Id">The endpoint.</param>
public sealed record TestEndpoint(string Cause, Guid Id) : IRequest<OutboxRow>;

internal sealed class TestEndpointHandler(UnitOfWork work, OutboxWriter outbox) : IRequestHandler<TestEndpoint, OutboxRow>
{
    public async Task<OutboxRow> Handle(TestEndpoint command, CancellationToken cancellationToken)
    {
        var db = await work.ContextAsync<NotificationsContext>(cancellationToken);
        var (endpoint, _) = await WebhookEndpoint.LockAsync(db, command.Id, cancellationToken);
        if (!endpoint.Enabled) throw new RefusalException(HttpStatusCode.Conflict, "endpoint-disabled", "The endpoint is disabled. Enable it first.");
        var id = await outbox.EventToAsync(
            endpoint.Id, new OutgoingEvent(OutgoingEventTypes.Test, command.Cause, new { endpoint_id = endpoint.Id }), cancellationToken);
        work.Record(new AuditEntry("webhook_endpoint.tested", "webhook_endpoint", command.Id.ToString(), command.Cause));
        return await OutboxRow.Of(db, db.Outbox.Where(o => o.Id == id)).SingleAsync(cancellationToken);
    }
}
