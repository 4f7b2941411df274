using BillingMonolith.Credits;
using Stripe;
using Stripe.Checkout;

namespace BillingMonolith.Host;

/// <summary>What a checkout session says of the sale of a pack, by whichever way we hear of it.</summary>
internal static class PackSale
{
    /// <summary>The step that settles it; null when the session sold no pack.</summary>
    public static SettlePurchase? Of(string cause, string? userId, Session session, Payment payment) =>
        session.Mode == SessionModes.Payment && session.Metadata.TryGetValue("package_code", out var package)
            ? new SettlePurchase(cause, session.Id, payment)
            {
                UserId = userId,
                PurchaseId = Guid.TryParseExact(session.Metadata.GetValueOrDefault("purchase_id"), "D", out var id) ? id : null,
                PackageCode = package,
                AmountSubtotalMinor = session.AmountSubtotal ?? 0,
                AmountTotalMinor = session.AmountTotal ?? 0,
                DiscountMinor = session.AmountDiscount ?? 0,
                Currency = session.Currency ?? "",
                Email = session.CustomerDetails?.Email ?? session.CustomerEmail,
                PaymentIntentId = session.PaymentIntentId,
                ClaimedCredits = session.Metadata.GetValueOrDefault("credits"),
            }
            : null;

    /// <summary>What became of the payment of a session that the buyer has finished.</summary>
    public static Payment PaymentOf(Session session) => session.PaymentStatus == PaymentStatuses.Unpaid ? Payment.Processing : Payment.Paid;
}
