using System.Collections.Frozen;
using BillingMonolith.Billing;
using BillingMonolith.Credits;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Identity;
using BillingMonolith.Notifications;
using BillingMonolith.SharedKernel;
using Stripe;

namespace BillingMonolith.Host.Routing;

/// <summary>
/// THE table: the commands that follow from each Stripe event. Pure: it reads the facts and decides; it makes no calls.
/// No commands = nothing follows, and the event is ignored.
/// </summary>
internal static class Routes
{
    /// <summary>Raised whenever an event leads to a step to which it did not lead before: an older host leaves that step to a newer one.</summary>
    public const int Version = 1;

    // Written with Add, so that a duplicate type throws.
    private static readonly FrozenDictionary<string, Func<EventFacts, IEnumerable<IStep>>> Table = new Dictionary<string, Func<EventFacts, IEnumerable<IStep>>>
    {
        { EventTypes.CheckoutSessionCompleted, Checkout },
        { EventTypes.CheckoutSessionAsyncPaymentSucceeded, Checkout },
        { EventTypes.CheckoutSessionAsyncPaymentFailed, h => Pack(h, Payment.Failed) },
        { EventTypes.CheckoutSessionExpired, h => Pack(h, Payment.Expired) },
        { EventTypes.CustomerSubscriptionCreated, Lifecycle },
        { EventTypes.CustomerSubscriptionUpdated, Lifecycle },
        { EventTypes.CustomerSubscriptionDeleted, Lifecycle },
        { EventTypes.CustomerSubscriptionPaused, Lifecycle },
        { EventTypes.CustomerSubscriptionResumed, Lifecycle },
        { EventTypes.CustomerSubscriptionTrialWillEnd, TrialEnds },
        { EventTypes.InvoicePaymentFailed, Unpaid },
        { EventTypes.InvoicePaymentActionRequired, Unpaid },
        { EventTypes.SubscriptionScheduleUpdated, h => [Planned(h)] },
        { EventTypes.SubscriptionScheduleReleased, h => [Planned(h)] },
        { EventTypes.SubscriptionScheduleCompleted, h => [Planned(h)] },
        { EventTypes.SubscriptionScheduleCanceled, h => [Planned(h)] },
        { EventTypes.InvoicePaid, Invoiced },
        { EventTypes.InvoicePaymentSucceeded, Invoiced }, // most invoices send both: an allowance is granted once per invoice
        { EventTypes.RefundCreated, Refunds },
        { EventTypes.RefundUpdated, Refunds },
        { EventTypes.RefundFailed, Refunds },
        { EventTypes.ChargeRefundUpdated, Refunds },
        { EventTypes.ChargeRefunded, Refunds },
        { EventTypes.ChargeDisputeCreated, Disputed },
        { EventTypes.ChargeDisputeUpdated, Disputed },
        { EventTypes.ChargeDisputeClosed, Disputed },
        { EventTypes.ChargeDisputeFundsWithdrawn, Disputed },
        { EventTypes.ChargeDisputeFundsReinstated, Disputed },
        { EventTypes.PaymentIntentSucceeded, TopUp },
        { EventTypes.PaymentIntentPaymentFailed, TopUp },
    }.ToFrozenDictionary();

    /// <summary>The types of events from which anything can follow: Stripe has to send these.</summary>
    public static IReadOnlyList<string> Types { get; } = [.. Table.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Whether anything can follow from events of this type.</summary>
    public static bool Has(string eventType) => Table.ContainsKey(eventType);

    /// <summary>The commands that follow.</summary>
    public static IReadOnlyList<IStep> For(EventFacts facts) =>
        Table.TryGetValue(facts.Event.Type, out var route) ? [.. route(facts)] : [];

    private static IEnumerable<IStep> Checkout(EventFacts h) => h.Session! switch
    {
        { Mode: SessionModes.Payment } s when OrderSale.IsOne(s) => OrderSale.Of(h.Event.Id, h.UserId, s) is { } order ? [order] : [],
        { Mode: SessionModes.Payment } s => Pack(h, PackSale.PaymentOf(s)),
        { Mode: SessionModes.Subscription, PaymentStatus: not PaymentStatuses.Unpaid, SubscriptionId: not null } => [.. Lifecycle(h), Allowance(h)],
        _ => [], // an unpaid one waits for its async_payment_succeeded (an order has no row before); a set-up session sells nothing
    };

    // Nothing follows from a session that names no user and was not paid.
    private static IEnumerable<IStep> Pack(EventFacts h, Payment payment) =>
        PackSale.Of(h.Event.Id, h.UserId, h.Session!, payment) is { } sale && (sale.UserId is not null || payment is Payment.Paid or Payment.Processing)
            ? [sale] : [];

    // The payment of an automatic top-up: its worker gets the same result, if it lives. Every other payment has a session or an invoice instead.
    private static IEnumerable<IStep> TopUp(EventFacts h) =>
        TopUpIntent.Settled(h.Event.Id, (PaymentIntent)h.Event.Data.Object) is { } settled ? [settled] : [];

    // A further consequence of these two (a mail) is a step of its own type: a step is identified by its event and its type.
    private static IEnumerable<IStep> TrialEnds(EventFacts h) => [.. Lifecycle(h), .. QueuedMail(Notices.OfTrial(h))];

    private static IEnumerable<IStep> Unpaid(EventFacts h) => h.SubscriptionId is null ? [] : [.. Lifecycle(h), .. QueuedMail(Notices.OfPayment(h))];

    // The command's validator refuses an unknown user or tier, and the step waits for a person.
    private static IEnumerable<IStep> Lifecycle(EventFacts h)
    {
        var plan = SubscribedPlan.Of(h.Subscription, h.Metadata);
        yield return new SyncSubscription(h.Event.Id, h.UserId!, h.SubscriptionId!, h.CustomerId!, plan.TierId!, plan.Cycle, h.SubscriptionStatus)
        {
            Email = h.Session is null ? null : h.Email, // an invoice's address is the payer's at the time
            Name = h.Session?.CustomerDetails?.Name,
            AmountMinor = plan.AmountMinor ?? h.Session?.AmountSubtotal,
            Currency = h.Subscription?.Currency ?? h.Session?.Currency ?? h.Invoice?.Currency,
            CurrentPeriodEnd = h.Subscription is { } seen ? seen.CurrentPeriodEnd : h.Invoice?.ServicePeriodEnd,
            CancelAtPeriodEnd = h.Subscription?.CancelAtPeriodEnd ?? false,
            CancelAt = h.Subscription?.CancelAt?.Utc,
            EndedAt = h.Subscription?.EndedAt?.Utc,
            AsOf = h.AsOf.At,
            AsOfRank = h.AsOf.Rank,
        };
        yield return new SetTier(h.Event.Id, h.UserId!, h.SubscriptionId!, h.CustomerId!, plan.TierId!, h.SubscriptionStatus)
        {
            BillingCycle = plan.Cycle.Word(),
            PastDueSince = h.PastDueSince,
            StartDate = h.Subscription?.StartedAt ?? h.Invoice?.ServicePeriodStart ?? h.Event.Created.Utc,
            EndDate = h.Subscription?.EndedAt?.Utc ?? h.Subscription?.CancelAt?.Utc ?? h.Subscription?.CurrentPeriodEnd ?? h.Invoice?.ServicePeriodEnd,
            AsOf = h.AsOf.At,
            AsOfRank = h.AsOf.Rank,
        };
    }

    /// <summary>The subscription's change at the period's end, by its present schedule; a released schedule has none.</summary>
    internal static FollowSchedule Planned(EventFacts h)
    {
        var schedule = h.Subscription is { } seen ? seen.Schedule : h.Event.Data.Object as SubscriptionSchedule;
        var next = SubscribedPlan.Next(schedule);
        return new FollowSchedule(h.Event.Id, h.UserId!, h.SubscriptionId!, schedule?.Id)
        {
            TierId = next?.TierId,
            Cycle = next?.TierId is null ? null : next.Cycle,
            EffectiveAt = next?.TierId is null ? null : schedule!.CurrentPhase.EndDate?.Utc,
            AsOf = h.AsOf.At,
            AsOfRank = h.AsOf.Rank,
        };
    }

    // The plan that the session sold takes precedence over the present plan, because the event may come late.
    private static GrantAllowance Allowance(EventFacts h)
    {
        var (sold, now) = (SubscribedPlan.Of(subscription: null, h.Metadata), SubscribedPlan.Of(h.Subscription, h.Metadata));
        var plan = sold.TierId is null || sold.TierId == now.TierId ? now : sold;
        return new GrantAllowance(h.Event.Id, h.UserId, plan.TierId, h.Session!.InvoiceId, h.Subscription?.CurrentPeriodEnd) { Months = MonthsOf(plan) };
    }

    // A paid period, the first or a renewal, gives its allowance. An invoice for a change within a period gives none, because each change to and fro
    // would give one.
    private static IEnumerable<IStep> Invoiced(EventFacts h)
    {
        if (h.Invoice is not { SubscriptionId: not null } invoice) yield break;
        foreach (var step in Lifecycle(h)) yield return step;
        if (invoice is not { IsPaid: true, BillingReason: BillingReasons.SubscriptionCreate or BillingReasons.SubscriptionCycle }) yield break;

        // The plan may have changed since: then the subscription's metadata in the invoice counts.
        var isOfNow = h.Subscription is { Items.Data: [{ Price.Id: var price }, ..] } && invoice.Lines?.Any(l => l.PriceId == price) is true;
        var plan = SubscribedPlan.Of(isOfNow ? h.Subscription : null, invoice.SubscriptionMetadata);
        yield return new GrantAllowance(h.Event.Id, h.UserId, plan.TierId, invoice.Id, invoice.ServicePeriodEnd) { Months = MonthsOf(plan) };
    }

    // To the subscriber, unless no mail is due.
    private static IEnumerable<IStep> QueuedMail(QueueNotice? notice) => notice is null ? [] : [notice];

    private static int MonthsOf(SubscribedPlan plan) => plan.Cycle == BillingCycle.Yearly ? 12 : 1;

    // A refund without a payment intent (charges before 2019) cannot belong to a purchase made here.
    private static IEnumerable<IStep> Refunds(EventFacts h)
    {
        var ours = (h.Refunds ?? []).Where(r => r.PaymentIntentId is not null).Select(r => new RefundFact(
            r.Id, r.PaymentIntentId!, r.ChargeId, r.Amount, r.Currency, r.Status switch
            {
                RefundStatuses.Pending or RefundStatuses.RequiresAction => RefundState.Pending,
                RefundStatuses.Failed or RefundStatuses.Canceled => RefundState.Failed,
                _ => RefundState.Succeeded,
            })).ToList();
        if (ours.Count > 0 || h.Charge?.PaymentIntentId is not null) yield return new RecordRefunds(h.Event.Id, ours);
        if (ours.Count > 0 || h is { Refunds: null, Charge.PaymentIntentId: not null }) yield return OrderSale.Marks(h.Event.Id, ours);
    }

    private static IEnumerable<IStep> Disputed(EventFacts h)
    {
        var dispute = (Dispute)h.Event.Data.Object;
        if (dispute.PaymentIntentId is not { } payment) yield break;
        var fact = new DisputeFact(dispute.Id, payment, dispute.ChargeId, dispute.Amount, dispute.Currency, StateOf(dispute), h.Event.Created.Utc);
        yield return new RecordDispute(h.Event.Id, fact);
        yield return OrderSale.Marks(h.Event.Id, [fact]);
    }

    // An unknown status, such as an appeal, counts as undecided. A prevented dispute may still have cost the money.
    private static DisputeState StateOf(Dispute dispute) => dispute.Status switch
    {
        DisputeStatuses.Lost => DisputeState.Lost,
        DisputeStatuses.Prevented when dispute.BalanceTransactions?.Sum(m => m.Amount) < 0 => DisputeState.Lost,
        DisputeStatuses.Won or DisputeStatuses.WarningClosed or DisputeStatuses.Prevented => DisputeState.Closed,
        DisputeStatuses.WarningNeedsResponse or DisputeStatuses.WarningUnderReview => DisputeState.Inquiry,
        _ => DisputeState.Open,
    };
}
