using System.Collections.Frozen;

namespace Stripe;

/// <summary>The event types that this house knows by name. Any other type is stored too, and simply has no name here.</summary>
public static class EventTypes
{
#pragma warning disable CS1591 // each constant is its own description
    public const string CheckoutSessionCompleted = "checkout.session.completed";
    public const string CheckoutSessionAsyncPaymentSucceeded = "checkout.session.async_payment_succeeded";
    public const string CheckoutSessionAsyncPaymentFailed = "checkout.session.async_payment_failed";
    public const string CheckoutSessionExpired = "checkout.session.expired";
    public const string CustomerSubscriptionCreated = "customer.subscription.created";
    public const string CustomerSubscriptionUpdated = "customer.subscription.updated";
    public const string CustomerSubscriptionDeleted = "customer.subscription.deleted";
    public const string CustomerSubscriptionPaused = "customer.subscription.paused";
    public const string CustomerSubscriptionResumed = "customer.subscription.resumed";
    public const string CustomerSubscriptionTrialWillEnd = "customer.subscription.trial_will_end";
    public const string SubscriptionScheduleCreated = "subscription_schedule.created";
    public const string SubscriptionScheduleUpdated = "subscription_schedule.updated";
    public const string SubscriptionScheduleReleased = "subscription_schedule.released";
    public const string SubscriptionScheduleCompleted = "subscription_schedule.completed";
    public const string SubscriptionScheduleCanceled = "subscription_schedule.canceled";
    public const string PaymentIntentSucceeded = "payment_intent.succeeded";
    public const string PaymentIntentPaymentFailed = "payment_intent.payment_failed";
    public const string InvoicePaid = "invoice.paid";
    public const string InvoicePaymentSucceeded = "invoice.payment_succeeded";
    public const string InvoicePaymentFailed = "invoice.payment_failed";
    public const string InvoicePaymentActionRequired = "invoice.payment_action_required";
    public const string InvoiceUpcoming = "invoice.upcoming";
    public const string ChargeRefunded = "charge.refunded";
    public const string ChargeRefundUpdated = "charge.refund.updated";
    public const string RefundCreated = "refund.created";
    public const string RefundUpdated = "refund.updated";
    public const string RefundFailed = "refund.failed";
    public const string ChargeDisputeCreated = "charge.dispute.created";
    public const string ChargeDisputeUpdated = "charge.dispute.updated";
    public const string ChargeDisputeClosed = "charge.dispute.closed";
    public const string ChargeDisputeFundsWithdrawn = "charge.dispute.funds_withdrawn";
    public const string ChargeDisputeFundsReinstated = "charge.dispute.funds_reinstated";
    public const string EntitlementsActiveEntitlementSummaryUpdated = "entitlements.active_entitlement_summary.updated";
#pragma warning restore CS1591

    /// <summary>All of the above.</summary>
    public static FrozenSet<string> All { get; } = FrozenSet.Create(
        CheckoutSessionCompleted, CheckoutSessionAsyncPaymentSucceeded, CheckoutSessionAsyncPaymentFailed, CheckoutSessionExpired,
        CustomerSubscriptionCreated, CustomerSubscriptionUpdated, CustomerSubscriptionDeleted, CustomerSubscriptionPaused,
        CustomerSubscriptionResumed, CustomerSubscriptionTrialWillEnd,
        SubscriptionScheduleCreated, SubscriptionScheduleUpdated, SubscriptionScheduleReleased, SubscriptionScheduleCompleted, SubscriptionScheduleCanceled,
        PaymentIntentSucceeded, PaymentIntentPaymentFailed,
        InvoicePaid, InvoicePaymentSucceeded, InvoicePaymentFailed, InvoicePaymentActionRequired, InvoiceUpcoming,
        ChargeRefunded, ChargeRefundUpdated, RefundCreated, RefundUpdated, RefundFailed,
        ChargeDisputeCreated, ChargeDisputeUpdated, ChargeDisputeClosed, ChargeDisputeFundsWithdrawn, ChargeDisputeFundsReinstated,
        EntitlementsActiveEntitlementSummaryUpdated);
}
