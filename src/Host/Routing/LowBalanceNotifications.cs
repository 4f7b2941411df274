using BillingMonolith.Credits;
using BillingMonolith.Host.Frame;
using BillingMonolith.Notifications;
using MediatR;

namespace BillingMonolith.Host.Routing;

/// <summary>Who has few credits left hears of it, once a day. Whoever spends may be a service: where to write to is looked up when it is sent.</summary>
internal sealed class LowBalanceNotifications(OutboxWriter outbox) : INotificationHandler<LowBalanceReached>
{
    public Task Handle(LowBalanceReached notification, CancellationToken cancellationToken) => outbox.MailAsync(
        new MailMessage($"low-balance:{notification.UserId}:{notification.Day:O}", MailTemplates.LowBalance, notification.Cause)
        {
            UserId = notification.UserId,
            Facts = new()
            {
                ["balance"] = Show.Credits(notification.Balance),
                ["threshold"] = Show.Credits(notification.Threshold),
                ["day"] = Show.Day(notification.Day.ToDateTime(TimeOnly.MinValue)),
            },
        }, cancellationToken);
}
