using BillingMonolith.Identity;
using BillingMonolith.Notifications;
using MediatR;

namespace BillingMonolith.Host.Routing;

/// <summary>Notifies webhook endpoints that a user's tier or its status has changed, in the transaction of the change; also when it ended by time.</summary>
internal sealed class TierNotifications(OutboxWriter outbox) : INotificationHandler<TierChanged>
{
    public Task Handle(TierChanged notification, CancellationToken cancellationToken) => outbox.EventAsync(
        new OutgoingEvent(OutgoingEventTypes.TierChanged, notification.Cause, new
        {
            notification.UserId,
            Before = new { Tier = notification.BeforeTier, Status = notification.BeforeStatus },
            After = new { Tier = notification.TierId, notification.Status },
        }),
        cancellationToken);
}
