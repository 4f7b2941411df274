using BillingMonolith.Identity;
using BillingMonolith.Notifications;
using MediatR;

namespace BillingMonolith.Host.Routing;

/// <summary>Tells whoever automates on it that a user's tier or its status is another, in the transaction that says so; also when time ended it.</summary>
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
