using System.Globalization;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Frame;
using BillingMonolith.Notifications;
using BillingMonolith.Orders;
using MediatR;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Routing;

/// <summary>Notifies about orders, in the transaction of the change: the buyer once, by mail, and the webhook endpoints each time.</summary>
internal sealed class OrderNotifications(OutboxWriter outbox, IOptions<AccessOptions> access)
    : INotificationHandler<OrderPlaced>, INotificationHandler<OrderChanged>
{
    public Task Handle(OrderPlaced notification, CancellationToken cancellationToken)
    {
        var order = notification.Order;
        MailMessage[] mails = order.CustomerEmail is null && order.UserId is null ? [] : [Confirmation(order, notification.Cause)];
        return outbox.WriteAsync(mails, [new OutgoingEvent(OutgoingEventTypes.OrderCreated, notification.Cause, new { Order = order })], cancellationToken);
    }

    public Task Handle(OrderChanged notification, CancellationToken cancellationToken)
    {
        var data = new { notification.Order, notification.Before };
        return outbox.WriteAsync([], [.. TypesOf(notification).Select(t => new OutgoingEvent(t, notification.Cause, data))], cancellationToken);
    }

    // Refunds and disputes have event types of their own; all else is the work.
    private static IEnumerable<string> TypesOf(OrderChanged changed)
    {
        var (now, before) = (changed.Order, changed.Before);
        if (now.RefundedMinor != before.RefundedMinor) yield return OutgoingEventTypes.OrderRefunded;
        if (now.Dispute != before.Dispute) yield return OutgoingEventTypes.OrderDisputed;
        if (now.RefundedMinor == before.RefundedMinor && now.Dispute == before.Dispute) yield return OutgoingEventTypes.OrderUpdated;
    }

    private MailMessage Confirmation(Order order, string cause) => new($"order:{order.OrderIdentifier}", MailTemplates.OrderConfirmation, cause)
    {
        To = order.CustomerEmail,
        UserId = order.UserId,
        Facts = new()
        {
            ["order_identifier"] = order.OrderIdentifier,
            ["plan"] = order.Tier ?? "",
            ["items"] = string.Join('\n', order.Items.Select(i => string.Create(CultureInfo.InvariantCulture,
                $"{i.Quantity ?? 1} × {i.Description ?? "Item"}, {Show.Money(i.AmountTotalMinor, order.Currency)}"))),
            ["shipping"] = order.Shipping is { } to ? string.Join('\n', Show.Address(to)) : "",
            ["amount"] = Show.Money(order.AmountMinor, order.Currency),
            ["deadline"] = order.Deadline is { } due ? Show.Day(due) : "",
            ["ordered_on"] = Show.Day(order.CreatedAt),
            // A guest has no page to link to.
            ["order_url"] = order.UserId is not null && access.Value.Origin is { } origin
                ? new Uri(origin, $"/orders/{order.OrderIdentifier}").AbsoluteUri : "",
        },
    };
}
