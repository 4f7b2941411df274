namespace Stripe.Checkout;

/// <summary>Which sessions.</summary>
public sealed class SessionListOptions : ListOptions
{
    /// <summary><c>pi_…</c></summary>
    public string? PaymentIntent { get; init; }

    /// <summary><c>cus_…</c></summary>
    public string? Customer { get; init; }

    /// <summary><c>sub_…</c></summary>
    public string? Subscription { get; init; }

    /// <summary>One of <see cref="SessionStatuses"/>.</summary>
    public string? Status { get; init; }

    /// <summary>When they were made.</summary>
    public DateRangeOptions? Created { get; init; }
}

/// <summary>Which page of line items.</summary>
public sealed class SessionListLineItemsOptions : ListOptions;

/// <summary>Parameters of a new checkout session (docs.stripe.com/api/checkout/sessions/create).</summary>
public sealed class SessionCreateOptions : BaseOptions
{
    /// <summary>One of <see cref="SessionModes"/>.</summary>
    public required string Mode { get; init; }

    /// <summary>Where the buyer comes back to; Stripe puts the session's id in place of <c>{CHECKOUT_SESSION_ID}</c>.</summary>
    public string? SuccessUrl { get; init; }

    /// <summary>Where the buyer goes who changes their mind.</summary>
    public string? CancelUrl { get; init; }

    /// <summary><c>cus_…</c>; not together with <see cref="CustomerEmail"/>.</summary>
    public string? Customer { get; init; }

    /// <summary>Fills the form.</summary>
    public string? CustomerEmail { get; init; }

    /// <summary>In payment mode: <c>always</c> or <c>if_required</c>.</summary>
    public string? CustomerCreation { get; init; }

    /// <summary>How the shop knows its buyer again.</summary>
    public string? ClientReferenceId { get; init; }

    /// <summary>Notes on the session only: see <see cref="SubscriptionData"/> and <see cref="PaymentIntentData"/>.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <summary>What is sold.</summary>
    public IReadOnlyList<SessionLineItemOptions>? LineItems { get; init; }

    /// <summary>For the subscription that comes out of it.</summary>
    public SessionSubscriptionDataOptions? SubscriptionData { get; init; }

    /// <summary>For the payment that comes out of it.</summary>
    public SessionPaymentIntentDataOptions? PaymentIntentData { get; init; }

    /// <summary>Whether the page takes promotion codes.</summary>
    public bool? AllowPromotionCodes { get; init; }

    /// <summary>Whether the buyer may keep the card, and use a kept one.</summary>
    public SessionSavedPaymentMethodOptions? SavedPaymentMethodOptions { get; init; }

    /// <summary>30 minutes to 24 hours from now; Stripe's default is 24 hours.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Ask for an address.</summary>
    public SessionShippingAddressCollectionOptions? ShippingAddressCollection { get; init; }
}

/// <summary>One line: a price that exists, or one that is made with it.</summary>
public sealed class SessionLineItemOptions
{
    /// <summary><c>price_…</c></summary>
    public string? Price { get; init; }

    /// <summary>Instead of <see cref="Price"/>.</summary>
    public SessionPriceDataOptions? PriceData { get; init; }

    /// <summary>How many.</summary>
    public long? Quantity { get; init; }
}

/// <summary>A price that is made for this session.</summary>
public sealed class SessionPriceDataOptions
{
    /// <summary>ISO code in lower case.</summary>
    public required string Currency { get; init; }

    /// <summary>In the minor unit.</summary>
    public required long UnitAmount { get; init; }

    /// <summary><c>prod_…</c></summary>
    public string? Product { get; init; }

    /// <summary>Instead of <see cref="Product"/>.</summary>
    public SessionProductDataOptions? ProductData { get; init; }

    /// <summary>For a subscription.</summary>
    public PriceRecurringOptions? Recurring { get; init; }
}

/// <summary>A product that is made for this session.</summary>
public sealed class SessionProductDataOptions
{
    /// <summary>As the buyer sees it.</summary>
    public required string Name { get; init; }

    /// <summary>As the buyer sees it.</summary>
    public string? Description { get; init; }
}

/// <summary>For the subscription that comes out of a session.</summary>
public sealed class SessionSubscriptionDataOptions
{
    /// <summary>The subscription's notes.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <summary>Free days.</summary>
    public long? TrialPeriodDays { get; init; }
}

/// <summary>For the payment that comes out of a session.</summary>
public sealed class SessionPaymentIntentDataOptions
{
    /// <summary>Copied to the charge: without them a refund or dispute cannot be told whose it is.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <summary>As the buyer sees it on the receipt.</summary>
    public string? Description { get; init; }

    /// <summary><c>off_session</c> keeps the card for later payments; it needs a <see cref="SessionCreateOptions.Customer"/> to belong to.</summary>
    public string? SetupFutureUsage { get; init; }
}

/// <summary>What the page does with cards that the buyer keeps.</summary>
public sealed class SessionSavedPaymentMethodOptions
{
    /// <summary><c>enabled</c>: the page asks whether to keep the card.</summary>
    public string? PaymentMethodSave { get; init; }

    /// <summary>Which kept cards the page shows: <c>always</c>, <c>limited</c>, <c>unspecified</c>. Those of off-session payments are <c>limited</c>.</summary>
    public IReadOnlyList<string>? AllowRedisplayFilters { get; init; }
}

/// <summary>Where can be sent to.</summary>
public sealed class SessionShippingAddressCollectionOptions
{
    /// <summary>ISO 3166-1 alpha-2.</summary>
    public required IReadOnlyList<string> AllowedCountries { get; init; }
}
