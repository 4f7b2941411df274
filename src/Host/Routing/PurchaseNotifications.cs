using BillingMonolith.Credits;
using BillingMonolith.Host.Frame;
using BillingMonolith.Notifications;
using MediatR;

namespace BillingMonolith.Host.Routing;

/// <summary>Queues the receipt of a completed purchase and notifies endpoints: a whole set in one statement.</summary>
internal sealed class PurchaseNotifications(OutboxWriter outbox) : INotificationHandler<PurchasesCompleted>
{
    public Task Handle(PurchasesCompleted notification, CancellationToken cancellationToken) => outbox.WriteAsync(
        outbox.SendsMail ? [.. notification.Purchases.Select(p => Receipt(notification.Cause, p))] : [],
        [.. notification.Purchases.Select(p => Told(notification.Cause, p))],
        cancellationToken);

    private static MailMessage Receipt(string cause, CompletedPurchase purchase) => new($"receipt:{purchase.Id}", MailTemplates.PurchaseReceipt, cause)
    {
        To = purchase.UserEmail,
        UserId = purchase.UserId,
        Facts = new()
        {
            ["package"] = purchase.PackageName,
            ["credits"] = Show.Credits(purchase.Credits),
            ["amount"] = Show.Money(purchase.AmountPaidMinor, purchase.Currency),
            ["discount"] = purchase.DiscountMinor > 0 ? Show.Money(purchase.DiscountMinor, purchase.Currency) : "",
            ["purchased_on"] = Show.Day(purchase.CompletedAt),
            ["purchase_id"] = purchase.Id.ToString(),
            ["automatic"] = purchase.IsTopUp ? "yes" : "",
        },
    };

    private static OutgoingEvent Told(string cause, CompletedPurchase purchase) => new(OutgoingEventTypes.PurchaseCompleted, cause, new
    {
        purchase_id = purchase.Id, user_id = purchase.UserId, package_code = purchase.PackageCode, package_name = purchase.PackageName,
        credits = purchase.Credits, amount_paid_minor = purchase.AmountPaidMinor, discount_minor = purchase.DiscountMinor, currency = purchase.Currency,
        auto_topup = purchase.IsTopUp, completed_at = purchase.CompletedAt,
    });
}
