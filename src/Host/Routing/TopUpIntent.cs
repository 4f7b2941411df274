using BillingMonolith.Credits;
using BillingMonolith.Host.Neighbours;
using Stripe;

namespace BillingMonolith.Host.Routing;

/// <summary>The automatic top-up that a payment intent belongs to.</summary>
internal static class TopUpIntent
{
    /// <summary>The result for a top-up by its payment intent; null when there is none yet, or the intent is not ours.</summary>
    public static SettleTopUp? Settled(string cause, PaymentIntent intent, int? attempt = null)
    {
        if (intent.Note("purpose") != "auto_topup" || Of(intent) is not { } payment) return null;
        return new SettleTopUp(cause, intent.Note("purchase_id") ?? "", payment)
        {
            PaymentIntentId = intent.Id, AmountMinor = intent.AmountReceived, Currency = intent.Currency, Attempt = attempt,
        };
    }

    private static TopUpPayment? Of(PaymentIntent intent) => intent.Status switch
    {
        PaymentIntentStatuses.Succeeded => TopUpPayment.Paid,
        PaymentIntentStatuses.Processing => TopUpPayment.Processing,
        PaymentIntentStatuses.RequiresAction => TopUpPayment.AuthenticationRequired,
        PaymentIntentStatuses.RequiresPaymentMethod when intent.LastPaymentError?.Code == ErrorCodes.AuthenticationRequired =>
            TopUpPayment.AuthenticationRequired,
        PaymentIntentStatuses.RequiresPaymentMethod or PaymentIntentStatuses.Canceled => TopUpPayment.Declined,
        _ => null,
    };
}
