using Stripe;

namespace BillingMonolith.Host.Neighbours;

// Strings, not enumerations: Stripe adds values without a new version, and an unknown one is no error (facts of API 2026-09-30: "open enums").

/// <summary>Values of <see cref="Stripe.Checkout.Session.Mode"/>.</summary>
internal static class SessionModes
{
    public const string Payment = "payment";
    public const string Subscription = "subscription";
}

/// <summary>Values of <see cref="Stripe.Checkout.Session.Status"/>.</summary>
internal static class SessionStatuses
{
    public const string Open = "open";
    public const string Complete = "complete";
    public const string Expired = "expired";
}

/// <summary>Values of <see cref="Stripe.Checkout.Session.PaymentStatus"/>. Fulfil only what is not unpaid.</summary>
internal static class PaymentStatuses
{
    public const string Paid = "paid";
    public const string Unpaid = "unpaid";
    public const string NoPaymentRequired = "no_payment_required";
}

/// <summary>Values of <see cref="PaymentIntent.Status"/>.</summary>
internal static class PaymentIntentStatuses
{
    public const string RequiresPaymentMethod = "requires_payment_method";
    public const string RequiresAction = "requires_action";
    public const string Processing = "processing";
    public const string Canceled = "canceled";
    public const string Succeeded = "succeeded";
}

/// <summary>Values of <see cref="StripeError.Code"/> when a card was refused.</summary>
internal static class ErrorCodes
{
    public const string AuthenticationRequired = "authentication_required";
}

/// <summary>Values of <see cref="Invoice.Status"/>.</summary>
internal static class InvoiceStatuses
{
    public const string Open = "open";
    public const string Paid = "paid";
}

/// <summary>Values of <see cref="Invoice.BillingReason"/>.</summary>
internal static class BillingReasons
{
    public const string SubscriptionCreate = "subscription_create";
    public const string SubscriptionCycle = "subscription_cycle";
}

/// <summary>Values of <see cref="Refund.Status"/>.</summary>
internal static class RefundStatuses
{
    public const string Pending = "pending";
    public const string RequiresAction = "requires_action";
    public const string Succeeded = "succeeded";
    public const string Failed = "failed";
    public const string Canceled = "canceled";
}

/// <summary>Values of <see cref="Dispute.Status"/>.</summary>
internal static class DisputeStatuses
{
    public const string WarningNeedsResponse = "warning_needs_response";
    public const string WarningUnderReview = "warning_under_review";
    public const string WarningClosed = "warning_closed";
    public const string NeedsResponse = "needs_response";
    public const string Prevented = "prevented";
    public const string Won = "won";
    public const string Lost = "lost";
}

/// <summary>Values of <c>object</c> of an event.</summary>
internal static class EventObjects
{
    /// <summary>An event that carries its object.</summary>
    public const string Snapshot = "event";

    /// <summary>An event that names its object and does not carry it.</summary>
    public const string Thin = "v2.core.event";
}
