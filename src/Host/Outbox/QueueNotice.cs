using BillingMonolith.Audit;
using BillingMonolith.Host.Pages;
using BillingMonolith.Host.Routing;
using FluentValidation;
using MediatR;
using Stripe;

namespace BillingMonolith.Host.Outbox;

/// <summary>Writes to a subscriber about what Stripe says of the subscription; once per key, however many events say so.</summary>
/// <param name="Cause">The event.</param>
/// <param name="Key">What it is about.</param>
/// <param name="Template">One of <see cref="MailTemplates.Names"/>.</param>
[StepKind("notifications.queue-notice", "QueueNotice")]
internal sealed record QueueNotice(string Cause, string Key, string Template) : ILocalStep
{
    public string? UserId { get; init; }
    public string? Email { get; init; }
    public Dictionary<string, string> Facts { get; init; } = [];

    /// <summary>A payment that failed or waits for the bank; null when by now it is made, or its subscription is over: then there is nothing to say.</summary>
    public static QueueNotice? OfPayment(Happening happening)
    {
        var invoice = happening.Invoice!;
        if (invoice.BillingReason == BillingReasons.SubscriptionCreate) return null; // whoever pays the first one sits before it
        var isOpen = !invoice.IsPaid && happening.Subscription switch
        {
            { LatestInvoice: { } latest } when latest.Id == invoice.Id && latest.IsPaid => false,
            { Status: SubscriptionStatuses.PastDue or SubscriptionStatuses.Unpaid } => true,
            null => true, // out of reach: the event's own word has to do
            _ => false,
        };
        if (!isOpen) return null;
        var isAction = happening.Event.Type == EventTypes.InvoicePaymentActionRequired;
        return new QueueNotice(happening.Event.Id, $"payment-failed:{invoice.Id}", MailTemplates.PaymentFailed)
        {
            UserId = happening.UserId,
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
    public static QueueNotice? OfTrial(Happening happening)
    {
        if (happening.Subscription is not { Status: SubscriptionStatuses.Trialing, TrialEnd: { } end } trial || trial.CancelAtPeriodEnd) return null;
        var plan = Plan.Of(trial, happening.Metadata);
        return new QueueNotice(happening.Event.Id, $"trial-ending:{trial.Id}:{end.Utc.ToUnixTimeSeconds()}", MailTemplates.TrialEnding)
        {
            UserId = happening.UserId,
            Facts = new()
            {
                ["plan"] = plan.TierId ?? "",
                ["trial_end"] = Show.Day(end),
                ["amount"] = plan.AmountMinor is > 0 and var amount && trial.Currency is { } currency ? Show.Money(amount, currency) : "",
            },
        };
    }
}

internal sealed class QueueNoticeValidator : AbstractValidator<QueueNotice>
{
    public QueueNoticeValidator() => RuleFor(n => n.UserId).NotEmpty().When(n => string.IsNullOrEmpty(n.Email))
        .WithMessage("The event names neither a user nor an address, so nobody can be written to.");
}

internal sealed class QueueNoticeHandler(OutboxWriter outbox) : IRequestHandler<StepSet<QueueNotice>, IReadOnlyList<Outcome>>
{
    public async Task<IReadOnlyList<Outcome>> Handle(StepSet<QueueNotice> set, CancellationToken cancellationToken)
    {
        if (!outbox.SendsMail) return [.. set.Steps.Select(_ => new Outcome.Ignored("There is no mail server (Mail__SmtpUrl)."))];
        await outbox.WriteAsync([.. set.Steps.DistinctBy(s => s.Key).Select(s => new MailMessage(s.Key, s.Template, s.Cause)
        {
            To = s.Email, UserId = s.UserId, Facts = s.Facts,
        })], [], cancellationToken);
        return [.. set.Steps.Select(_ => Outcome.Done)];
    }
}
