using BillingMonolith.Host.Frame;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Notifications;
using Stripe;

namespace BillingMonolith.Host.Routing;

/// <summary>The mails to subscribers that follow from Stripe's events.</summary>
internal static class Notices
{
    /// <summary>A payment that failed or waits for the bank; null when it has been made since, or its subscription is over: then no mail is due.</summary>
    public static QueueNotice? OfPayment(EventFacts facts)
    {
        var invoice = facts.Invoice!;
        if (invoice.BillingReason == BillingReasons.SubscriptionCreate) return null; // the payer of the first one is on the page
        var isOpen = !invoice.IsPaid && facts.Subscription switch
        {
            { LatestInvoice: { } latest } when latest.Id == invoice.Id && latest.IsPaid => false,
            { Status: SubscriptionStatuses.PastDue or SubscriptionStatuses.Unpaid } => true,
            null => true, // Stripe is out of reach: the event's payload has to do
            _ => false,
        };
        if (!isOpen) return null;
        var isAction = facts.Event.Type == EventTypes.InvoicePaymentActionRequired;
        return new QueueNotice(facts.Event.Id, $"payment-failed:{invoice.Id}", MailTemplates.PaymentFailed)
        {
            UserId = facts.UserId,
            Email = invoice.CustomerEmail,
            Facts = new()
            {
                ["amount"] = Show.Money(invoice.AmountDue, invoice.Currency),
                ["action_required"] = isAction ? "yes" : "",
                ["next_attempt"] = invoice.NextPaymentAttempt is { } next ? Show.Day(next) : "",
                ["pay_url"] = invoice.HostedInvoiceUrl ?? "",
            },
        };
    }

    /// <summary>A trial that is about to end; null when it has ended already.</summary>
    public static QueueNotice? OfTrial(EventFacts facts)
    {
        if (facts.Subscription is not { Status: SubscriptionStatuses.Trialing, TrialEnd: { } end } trial || trial.CancelAtPeriodEnd) return null;
        var plan = SubscribedPlan.Of(trial, facts.Metadata);
        return new QueueNotice(facts.Event.Id, $"trial-ending:{trial.Id}:{end.Utc.ToUnixTimeSeconds()}", MailTemplates.TrialEnding)
        {
            UserId = facts.UserId,
            Facts = new()
            {
                ["plan"] = plan.TierId ?? "",
                ["trial_end"] = Show.Day(end),
                ["amount"] = plan.AmountMinor is > 0 and var amount && trial.Currency is { } currency ? Show.Money(amount, currency) : "",
            },
        };
    }
}
