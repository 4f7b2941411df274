using BillingMonolith.Host.Neighbours;
using Stripe;
using Stripe.Checkout;

namespace BillingMonolith.Host.Routing;

/// <summary>
/// The known facts: the event and, for an event about a subscription, that subscription as Stripe shows it now.
/// The event is only a signal; Stripe's present state counts.
/// </summary>
internal sealed record EventFacts(Event Event)
{
    /// <summary>The subscription as Stripe showed it at <see cref="AsOf"/>; at first the event's own, if it carries one.</summary>
    public Subscription? Subscription { get; init; } = Event.Data.Object as Subscription;

    /// <summary>
    /// Stripe's time of these facts, and a rank among facts of the same second. A session describes its subscription as of the time when the session
    /// was opened, so any event of the subscription itself is newer. An invoice is payload only, low rank: its facts rank below all others,
    /// whatever their age, and count until others are known.
    /// </summary>
    public (DateTimeOffset At, int Rank) AsOf { get; init; } = Event.Data.Object switch
    {
        Session session => (session.Created.Utc, 0),
        Invoice invoice => (Event.Created.Utc.AddYears(-100), invoice.IsPaid ? 1 : 0),
        _ => (Event.Created.Utc, RankOf(Event.Type)),
    };

    /// <summary>The creation time of the subscription's oldest unpaid invoice; null = not looked up, or there is none.</summary>
    public DateTimeOffset? UnpaidSince { get; init; }

    /// <summary>The Keycloak user concerned; null = not known yet.</summary>
    public string? UserId { get; init; } = ClaimedUser(Event.Data.Object);

    /// <summary>
    /// The refunds concerned: the event's own, or all of the charge's. Null until Stripe was asked, for an event about a charge: it has a sum and not
    /// its refunds (only before API 2022-11-15 it lists them).
    /// </summary>
    public IReadOnlyList<Refund>? Refunds { get; init; } = Event.Data.Object switch
    {
        Refund refund => [refund],
        Charge { Refunds: { HasMore: false, Data: { Count: > 0 } refunds } } => refunds,
        _ => null,
    };

    /// <summary>When no user is known: the reason, for the person who will link the payment.</summary>
    public string? WhyNoUser { get; init; }

    public const int FetchedRank = 9;

    /// <summary>
    /// The facts that a request of ours, or a reconciliation, found at Stripe: they lead to the same commands as an event.
    /// </summary>
    /// <param name="found">A subscription, or the session that sold one.</param>
    /// <param name="userId">The user who owns it.</param>
    /// <param name="cause">The request, for the audit log.</param>
    public static EventFacts Fetched(IHasId found, string userId, string cause)
    {
        var (type, at, live) = found switch
        {
            Session s => (EventTypes.CheckoutSessionCompleted, s.Created.Utc, s.Livemode),
            Subscription s => (EventTypes.CustomerSubscriptionUpdated, s.AsOf ?? s.Created.Utc, s.Livemode),
            _ => throw new ArgumentException("Nothing of which a subscription could be read.", nameof(found)),
        };
        var seen = new Event { Id = cause, Type = type, Created = at.UtcDateTime, Livemode = live, Data = new EventData { Object = (IHasObject)found } };
        var told = new EventFacts(seen) { UserId = userId };
        return found is Subscription ? told with { AsOf = (at, FetchedRank) } : told;
    }

    /// <summary>The session: the event's own, or for an order the complete one from Stripe, with its items and address.</summary>
    public Session? Session { get; init; } = Event.Data.Object as Session;

    public Charge? Charge => Event.Data.Object as Charge;

    /// <summary>
    /// Whether the event lacks facts that Stripe has: a subscription may be outdated, a charge's refunds and an order's items incomplete.
    /// </summary>
    public bool IsForStripeToTell => SubscriptionId is not null || Charge is not null && Refunds is null || Session is not null && OrderSale.IsOne(Session);

    /// <summary>
    /// Stripe's status, with one exception: with a delayed payment method (a bank debit) Stripe calls a subscription active while its first payment
    /// is on its way. It counts as incomplete until that first invoice is paid, because unpaid grants nothing. For a subscription that was not fetched
    /// from Stripe, the session or the invoice implies the status.
    /// </summary>
    public string SubscriptionStatus => Subscription switch
    {
        {
            Status: SubscriptionStatuses.Active or SubscriptionStatuses.PastDue,
            LatestInvoice: { BillingReason: BillingReasons.SubscriptionCreate, IsPaid: false },
        } => SubscriptionStatuses.Incomplete,
        { } seen => seen.Status,
        null when Invoice is { IsPaid: false, BillingReason: BillingReasons.SubscriptionCreate } => SubscriptionStatuses.Incomplete,
        null when Invoice is { IsPaid: false } => SubscriptionStatuses.PastDue,
        null => SubscriptionStatuses.Active,
    };

    /// <summary>While a payment is overdue: since when. Grace counts from it, so it must be the same for every event that reports it.</summary>
    public DateTimeOffset? PastDueSince => SubscriptionStatus != SubscriptionStatuses.PastDue ? default(DateTimeOffset?)
        : UnpaidSince ?? (Subscription?.LatestInvoice is { IsPaid: false } unpaid ? unpaid.Created.Utc : default(DateTimeOffset?))
            ?? Subscription?.CurrentPeriodStart ?? Invoice?.Created.Utc ?? Event.Created.Utc;

    public Invoice? Invoice => Event.Data.Object as Invoice;

    public string? SubscriptionId =>
        Subscription?.Id ?? Session?.SubscriptionId ?? Invoice?.SubscriptionId ?? (Event.Data.Object as SubscriptionSchedule)?.Subject;

    public string? CustomerId => Subscription?.CustomerId ?? Session?.CustomerId ?? Invoice?.CustomerId;

    /// <summary>The id that an operator links to a user when none is known: the Stripe customer, or the session of a guest without a customer.</summary>
    public string? PayerId => CustomerId ?? Session?.Id;

    /// <summary>Whether every step needs a user: true for a subscription, or for a sold pack.</summary>
    public bool NeedsUser => SubscriptionId is not null || Session is { Mode: SessionModes.Payment } && Metadata.ContainsKey("package_code");

    /// <summary>An address that somebody typed or the shop knew; it points to a user and is never proof of one.</summary>
    public string? Email => Session is null ? Invoice?.CustomerEmail
        : Session.Note("user_email") ?? Session.Note("customer_email")
            ?? Session.CustomerDetails?.Email ?? Session.CustomerEmail;

    public IReadOnlyDictionary<string, string> Metadata => Event.Data.Object switch
    {
        Session s => s.Notes,
        Invoice i => i.SubscriptionMetadata,
        Charge c => c.Notes,
        Refund r => r.Notes,
        Dispute d => d.Notes,
        PaymentIntent p => p.Notes,
        _ => Subscription?.Notes ?? EmptyMetadata,
    };

    /// <summary>The keys that must not be processed concurrently: everything about this user and this Stripe customer.</summary>
    public IEnumerable<string> Subjects => new[] { UserId, PayerId, SubscriptionId }.OfType<string>().Distinct().Order(StringComparer.Ordinal);

    private static readonly Dictionary<string, string> EmptyMetadata = [];

    private static string? ClaimedUser(object about) => about switch
    {
        Session s => s.ClientReferenceId ?? s.Note("user_id"),
        Subscription s => s.Note("user_id"),
        Invoice i => i.SubscriptionMetadata.GetValueOrDefault("user_id"),
        _ => null,
    };

    // A subscription is sold (0) before it is created, created before it is updated and updated before it is deleted, also within the same
    // second. Nothing follows its end: that outranks even a state fetched in its second, which may have been fetched before.
    private static int RankOf(string type) => type switch
    {
        EventTypes.CustomerSubscriptionDeleted => FetchedRank + 1,
        EventTypes.CustomerSubscriptionCreated => 1,
        _ => 2,
    };
}
