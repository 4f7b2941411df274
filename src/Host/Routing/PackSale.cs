using BillingMonolith.Credits;
using BillingMonolith.Host.Neighbours;
using Stripe.Checkout;

namespace BillingMonolith.Host.Routing;

/// <summary>The sale of a pack as a checkout session describes it, whatever the session's source.</summary>
internal static class PackSale
{
    /// <summary>The step that settles it; null when the session sold no pack.</summary>
    public static SettlePurchase? Of(string cause, string? userId, Session session, Payment payment) =>
        session.Mode == SessionModes.Payment && session.Note("package_code") is { } package
            ? new SettlePurchase(cause, session.Id, payment)
            {
                UserId = userId,
                PurchaseId = Guid.TryParseExact(session.Note("purchase_id"), "D", out var id) ? id : null,
                PackageCode = package,
                AmountSubtotalMinor = session.AmountSubtotal ?? 0,
                AmountTotalMinor = session.AmountTotal ?? 0,
                DiscountMinor = session.TotalDetails?.AmountDiscount ?? 0,
                Currency = session.Currency ?? "",
                Email = session.CustomerDetails?.Email ?? session.CustomerEmail,
                PaymentIntentId = session.PaymentIntentId,
                ClaimedCredits = session.Note("credits"),
            }
            : null;

    /// <summary>The payment state of a session that the buyer has finished.</summary>
    public static Payment PaymentOf(Session session) => session.PaymentStatus == PaymentStatuses.Unpaid ? Payment.Processing : Payment.Paid;
}
