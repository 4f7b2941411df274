using BillingMonolith.Host.Neighbours;
using Stripe;
using Stripe.Checkout;

namespace BillingMonolith.Host.Routing;

/// <summary>
/// What happened, as far as it is known: the event and, for an event about a subscription, that subscription as Stripe shows it now.
/// The event is the signal, Stripe is the truth.
/// </summary>
internal sealed record EventFacts(Event Event)
{
    /// <summary>The subscription as Stripe showed it at <see cref="AsOf"/>; for an event that carries one, at first the event's own.</summary>
    public Subscription? Subscription { get; init; } = Event.Data.Object as Subscription;

    /// <summary>
    /// Stripe's time of what is said here, and a rank among things said in the same second. What a session says of its subscription it has
    /// from when it was opened: any event of the subscription itself knows better. What an invoice says of it is hearsay, worth less than anything else
    /// however old: it counts until something else is known.
    /// </summary>
    public (DateTimeOffset At, int Rank) AsOf { get; init; } = Event.Data.Object switch
    {
        Session session => (session.Created.Utc, 0),
        Invoice invoice => (Event.Created.Utc.AddYears(-100), invoice.IsPaid ? 1 : 0),
        _ => (Event.Created.Utc, RankOf(Event.Type)),
    };

    /// <summary>When the oldest invoice of the subscription that is still unpaid came into being; null = not asked, or there is none.</summary>
    public DateTimeOffset? UnpaidSince { get; init; }

    /// <summary>The Keycloak user whom it concerns; null = not known yet.</summary>
    public string? UserId { get; init; } = ClaimedUser(Event.Data.Object);

    /// <summary>
    /// The refunds that it is about: the event's own, or all of the charge's. Null for an event about a charge, which tells a sum and not of which
    /// refunds it is made (only before API 2022-11-15 it does), until Stripe was asked.
    /// </summary>
    public IReadOnlyList<Refund>? Refunds { get; init; } = Event.Data.Object switch
    {
        Refund refund => [refund],
        Charge { Refunds: { HasMore: false, Data: { Count: > 0 } refunds } } => refunds,
        _ => null,
    };

    /// <summary>When no user is known: why, for the person who will link the payment.</summary>
    public string? WhyNoUser { get; init; }

    public const int FetchedRank = 9;

    /// <summary>
    /// What a request of ours, or a reconciliation, found at Stripe: the same commands follow from it as from an event that says so.
    /// </summary>
    /// <param name="found">A subscription, or the session that sold one.</param>
    /// <param name="userId">Whose it is.</param>
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

    /// <summary>The session: the event's own, or for an order the whole of it as Stripe shows it, with what was sold and where it goes.</summary>
    public Session? Session { get; init; } = Event.Data.Object as Session;

    public Charge? Charge => Event.Data.Object as Charge;

    /// <summary>
    /// Whether the event alone does not say enough: of a subscription its words may be old, of a charge's refunds and of an order's items too few.
    /// </summary>
    public bool IsForStripeToTell => SubscriptionId is not null || Charge is not null && Refunds is null || Session is not null && OrderSale.IsOne(Session);

    /// <summary>
    /// Stripe's status, but for one case: with a delayed payment method (a bank debit) Stripe calls a subscription active while its first payment
    /// is on its way. Unpaid grants nothing, so until that first invoice is paid it counts as incomplete. One that was not seen
    /// at Stripe is what its session or its invoice lets conclude.
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

    /// <summary>While a payment is overdue: since when. Grace is counted from it, so it must not depend on which event tells of it.</summary>
    public DateTimeOffset? PastDueSince => SubscriptionStatus != SubscriptionStatuses.PastDue ? default(DateTimeOffset?)
        : UnpaidSince ?? (Subscription?.LatestInvoice is { IsPaid: false } unpaid ? unpaid.Created.Utc : default(DateTimeOffset?))
            ?? Subscription?.CurrentPeriodStart ?? Invoice?.Created.Utc ?? Event.Created.Utc;

    public Invoice? Invoice => Event.Data.Object as Invoice;

    public string? SubscriptionId =>
        Subscription?.Id ?? Session?.SubscriptionId ?? Invoice?.SubscriptionId ?? (Event.Data.Object as SubscriptionSchedule)?.Subject;

    public string? CustomerId => Subscription?.CustomerId ?? Session?.CustomerId ?? Invoice?.CustomerId;

    /// <summary>Whom an operator links to a user when none is known: the Stripe customer, or the session of a guest, who has none.</summary>
    public string? PayerId => CustomerId ?? Session?.Id;

    /// <summary>Whether nothing can follow without a user: of a subscription, or of a pack that was sold.</summary>
    public bool NeedsUser => SubscriptionId is not null || Session is { Mode: SessionModes.Payment } && Metadata.ContainsKey("package_code");

    /// <summary>What somebody typed or the shop knew; a pointer to a user, never proof of one.</summary>
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

    /// <summary>What must not run at the same time elsewhere: everything about this user and this Stripe customer.</summary>
    public IEnumerable<string> Subjects => new[] { UserId, PayerId, SubscriptionId }.OfType<string>().Distinct().Order(StringComparer.Ordinal);

    private static readonly Dictionary<string, string> EmptyMetadata = [];

    private static string? ClaimedUser(object about) => about switch
    {
        Session s => s.ClientReferenceId ?? s.Note("user_id"),
        Subscription s => s.Note("user_id"),
        Invoice i => i.SubscriptionMetadata.GetValueOrDefault("user_id"),
        _ => null,
    };

    // A subscription is sold (0) before it is created, created before it is updated and updated before it is deleted, in one and the same
    // second too. Nothing follows its end: that outranks even what was fetched in its second, which may have been fetched before.
    private static int RankOf(string type) => type switch
    {
        EventTypes.CustomerSubscriptionDeleted => FetchedRank + 1,
        EventTypes.CustomerSubscriptionCreated => 1,
        _ => 2,
    };
}
