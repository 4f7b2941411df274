using BillingMonolith.Credits;
using BillingMonolith.Host.Frame;
using BillingMonolith.Notifications;
using MediatR;

namespace BillingMonolith.Host.Routing;

/// <summary>Notifies a user whose balance is low, once a day. The spender may be a service, so the user's address is looked up when the mail is sent.</summary>
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
