using System.Collections.Frozen;
using BillingMonolith.Audit;
using BillingMonolith.Billing;
using BillingMonolith.Credits;
using BillingMonolith.Identity;
using Stripe;

namespace BillingMonolith.Host;

/// <summary>
/// THE table: which commands follow from which Stripe event. Pure: it reads what happened and decides; it calls nobody.
/// No commands = nothing follows, and the event is ignored.
/// </summary>
internal static class Routes
{
    private static readonly FrozenDictionary<string, Func<Happening, IEnumerable<IStep>>> Table = new Dictionary<string, Func<Happening, IEnumerable<IStep>>>
    {
        [EventTypes.CheckoutSessionCompleted] = Checkout,
        [EventTypes.CheckoutSessionAsyncPaymentSucceeded] = Checkout,
        [EventTypes.CheckoutSessionAsyncPaymentFailed] = h => Pack(h, Payment.Failed),
        [EventTypes.CheckoutSessionExpired] = h => Pack(h, Payment.Expired),
        [EventTypes.CustomerSubscriptionCreated] = Lifecycle,
        [EventTypes.CustomerSubscriptionUpdated] = Lifecycle,
        [EventTypes.CustomerSubscriptionDeleted] = Lifecycle,
        [EventTypes.CustomerSubscriptionPaused] = Lifecycle,
        [EventTypes.CustomerSubscriptionResumed] = Lifecycle,
        [EventTypes.RefundCreated] = Refunds,
        [EventTypes.RefundUpdated] = Refunds,
        [EventTypes.RefundFailed] = Refunds,
        [EventTypes.ChargeRefundUpdated] = Refunds,
        [EventTypes.ChargeRefunded] = Refunds,
        [EventTypes.ChargeDisputeCreated] = Disputed,
        [EventTypes.ChargeDisputeUpdated] = Disputed,
        [EventTypes.ChargeDisputeClosed] = Disputed,
        [EventTypes.ChargeDisputeFundsWithdrawn] = Disputed,
        [EventTypes.ChargeDisputeFundsReinstated] = Disputed,
    }.ToFrozenDictionary();

    /// <summary>Whether anything can follow from events of this type.</summary>
    public static bool Has(string eventType) => Table.ContainsKey(eventType);

    /// <summary>The commands that follow.</summary>
    public static IReadOnlyList<IStep> For(Happening happening) =>
        Table.TryGetValue(happening.Event.Type, out var route) ? [.. route(happening)] : [];

    private static IEnumerable<IStep> Checkout(Happening h) => h.Session! switch
    {
        { Mode: SessionModes.Payment } s => Pack(h, s.PaymentStatus == PaymentStatuses.Unpaid ? Payment.Processing : Payment.Paid),
        { Mode: SessionModes.Subscription, PaymentStatus: not PaymentStatuses.Unpaid, SubscriptionId: not null } => [.. Lifecycle(h), Allowance(h)],
        _ => [], // an unpaid subscription waits for its async_payment_succeeded; a set-up session sells nothing
    };

    private static IEnumerable<IStep> Pack(Happening h, Payment payment)
    {
        var session = h.Session!;
        if (session.Mode != SessionModes.Payment || !session.Metadata.TryGetValue("package_code", out var package)) yield break;
        yield return new SettlePurchase(h.Event.Id, session.Id, payment)
        {
            UserId = h.UserId,
            PackageCode = package,
            AmountSubtotalMinor = session.AmountSubtotal ?? 0,
            AmountTotalMinor = session.AmountTotal ?? 0,
            DiscountMinor = session.AmountDiscount ?? 0,
            Currency = session.Currency ?? "",
            PaymentIntentId = session.PaymentIntentId,
            ClaimedCredits = session.Metadata.GetValueOrDefault("credits"),
        };
    }

    // What is unknown here (a user, a tier) the command's validator refuses, and the step waits for a person.
    private static IEnumerable<IStep> Lifecycle(Happening h)
    {
        var plan = Plan.Of(h.Subscription, h.Metadata);
        yield return new SyncSubscription(h.Event.Id, h.UserId!, h.SubscriptionId!, h.CustomerId!, plan.TierId!, plan.Cycle, h.SubscriptionStatus)
        {
            Email = h.Email,
            Name = h.Session?.CustomerDetails?.Name,
            AmountMinor = plan.AmountMinor ?? h.Session?.AmountSubtotal,
            Currency = h.Subscription?.Currency ?? h.Session?.Currency,
            CurrentPeriodEnd = h.Subscription?.CurrentPeriodEnd,
            CancelAtPeriodEnd = h.Subscription?.CancelAtPeriodEnd ?? false,
            EndedAt = h.Subscription?.EndedAt,
            AsOf = h.AsOf.At,
            AsOfRank = h.AsOf.Rank,
        };
        yield return new SetTier(h.Event.Id, h.UserId!, h.SubscriptionId!, h.CustomerId!, plan.TierId!, h.SubscriptionStatus)
        {
            StartDate = h.Subscription?.StartDate ?? h.Event.Created,
            EndDate = h.Subscription?.EndedAt ?? h.Subscription?.CurrentPeriodEnd,
            AsOf = h.AsOf.At,
            AsOfRank = h.AsOf.Rank,
        };
    }

    // What the session sold comes before what the plan has become since: the event may come late.
    private static GrantAllowance Allowance(Happening h)
    {
        var sold = Plan.Of(subscription: null, h.Metadata).TierId ?? Plan.Of(h.Subscription, h.Metadata).TierId;
        return new GrantAllowance(h.Event.Id, h.UserId, sold, h.Session!.InvoiceId, h.Subscription?.CurrentPeriodEnd);
    }

    // Whose payment has no intent (charges as they were before 2019) was not sold by any shop of ours.
    private static IEnumerable<IStep> Refunds(Happening h)
    {
        var ours = (h.Refunds ?? []).Where(r => r.PaymentIntentId is not null).Select(r => new RefundFact(
            r.Id, r.PaymentIntentId!, r.ChargeId, r.Amount, r.Currency, r.Status switch
            {
                RefundStatuses.Pending or RefundStatuses.RequiresAction => RefundState.Pending,
                RefundStatuses.Failed or RefundStatuses.Canceled => RefundState.Failed,
                _ => RefundState.Succeeded,
            })).ToList();
        if (ours.Count > 0 || h.Charge?.PaymentIntentId is not null) yield return new RecordRefunds(h.Event.Id, ours);
    }

    private static IEnumerable<IStep> Disputed(Happening h)
    {
        var dispute = (Dispute)h.Event.Data.Object;
        if (dispute.PaymentIntentId is not { } payment) yield break;
        yield return new RecordDispute(h.Event.Id, new DisputeFact(
            dispute.Id, payment, dispute.ChargeId, dispute.Amount, dispute.Currency, StateOf(dispute), h.Event.Created));
    }

    // A status that is not known here, an appeal among them, is undecided. A prevented dispute may have cost the money all the same.
    private static DisputeState StateOf(Dispute dispute) => dispute.Status switch
    {
        DisputeStatuses.Lost => DisputeState.Lost,
        DisputeStatuses.Prevented when dispute.BalanceTransactions.Sum(m => m.Amount) < 0 => DisputeState.Lost,
        DisputeStatuses.Won or DisputeStatuses.WarningClosed or DisputeStatuses.Prevented => DisputeState.Closed,
        DisputeStatuses.WarningNeedsResponse or DisputeStatuses.WarningUnderReview => DisputeState.Inquiry,
        _ => DisputeState.Open,
    };
}
