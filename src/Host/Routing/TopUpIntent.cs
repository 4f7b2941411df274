using BillingMonolith.Credits;
using BillingMonolith.Host.Neighbours;
using Stripe;

namespace BillingMonolith.Host.Routing;

/// <summary>What a payment intent says of an automatic top-up.</summary>
internal static class TopUpIntent
{
    /// <summary>What a payment intent says of a top-up; null when it says nothing yet, or is none of ours.</summary>
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
