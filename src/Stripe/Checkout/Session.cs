using System.Collections.ObjectModel;

namespace Stripe.Checkout;

/// <summary>A checkout session. Amounts are in the minor unit of <see cref="Currency"/>.</summary>
public sealed record Session : IHasId
{
    /// <summary><c>cs_…</c></summary>
    public required string Id { get; init; }

    /// <summary>One of <see cref="SessionModes"/>.</summary>
    public required string Mode { get; init; }

    /// <summary>One of <see cref="SessionStatuses"/>.</summary>
    public string? Status { get; init; }

    /// <summary>One of <see cref="PaymentStatuses"/>.</summary>
    public required string PaymentStatus { get; init; }

    /// <summary>Before discounts and taxes; null in setup mode.</summary>
    public long? AmountSubtotal { get; init; }

    /// <summary>After discounts and taxes; null in setup mode.</summary>
    public long? AmountTotal { get; init; }

    /// <summary>The sum of the discounts.</summary>
    public long? AmountDiscount { get; init; }

    /// <summary>What was taken off; empty before API 2025-03-31 (basil), whatever <see cref="AmountDiscount"/> is.</summary>
    public IReadOnlyList<SessionDiscount> Discounts { get; init; } = [];

    /// <summary>ISO code in lower case; null in setup mode.</summary>
    public string? Currency { get; init; }

    /// <summary>What the shop set to know its buyer again.</summary>
    public string? ClientReferenceId { get; init; }

    /// <summary>Null for a guest, which is usual in payment mode.</summary>
    public string? CustomerId { get; init; }

    /// <summary>What the buyer typed; null while the session is open.</summary>
    public SessionCustomerDetails? CustomerDetails { get; init; }

    /// <summary>Only the address that the form was filled with; see <see cref="CustomerDetails"/> for what the buyer typed.</summary>
    public string? CustomerEmail { get; init; }

    /// <summary>Null in subscription mode and when nothing had to be paid.</summary>
    public string? PaymentIntentId { get; init; }

    /// <summary>Null outside subscription mode.</summary>
    public string? SubscriptionId { get; init; }

    /// <summary>The subscription itself, when it was expanded.</summary>
    public Subscription? Subscription { get; init; }

    /// <summary>In subscription mode, or when the session makes an invoice.</summary>
    public string? InvoiceId { get; init; }

    /// <summary>The shop's own notes. They are a pointer, not an authority.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The page to send the buyer to; null once the session is not open.</summary>
    public string? Url { get; init; }

    /// <summary>Until when it can be paid.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>True for real money.</summary>
    public required bool Livemode { get; init; }

    /// <summary>Only when expanded: never in an event.</summary>
    public StripeList<LineItem>? LineItems { get; init; }

    /// <summary>Where to send the goods, when the session asked for it.</summary>
    public ShippingDetails? ShippingDetails { get; init; }

    internal static Session Read(Fields json) => new()
    {
        Id = json.Id("id"),
        Mode = json.Text("mode"),
        Status = json.TextOrNull("status"),
        PaymentStatus = json.Text("payment_status"),
        AmountSubtotal = json.NumberOrNull("amount_subtotal"),
        AmountTotal = json.NumberOrNull("amount_total"),
        AmountDiscount = json.ObjectOrNull("total_details")?.NumberOrNull("amount_discount"),
        Discounts = json.Each("discounts", SessionDiscount.Read) ?? [],
        Currency = json.TextOrNull("currency"),
        ClientReferenceId = json.TextOrNull("client_reference_id"),
        CustomerId = json.ExpandableId("customer"),
        CustomerDetails = json.ObjectOrNull("customer_details") is { } details ? SessionCustomerDetails.Read(details) : null,
        CustomerEmail = json.TextOrNull("customer_email"),
        PaymentIntentId = json.ExpandableId("payment_intent"),
        SubscriptionId = json.ExpandableId("subscription"),
        Subscription = json.Expanded("subscription", Stripe.Subscription.Read),
        InvoiceId = json.ExpandableId("invoice"),
        Metadata = json.Metadata(),
        Url = json.TextOrNull("url"),
        ExpiresAt = json.TimeOrNull("expires_at"),
        Created = json.Time("created"),
        Livemode = json.Flag("livemode"),
        LineItems = json.ListOrNull("line_items", LineItem.Read),
        ShippingDetails = ReadShipping(json),
    };

    // API ≥ 2025-03-31 (basil) moved it under collected_information.
    private static ShippingDetails? ReadShipping(Fields json) =>
        (json.ObjectOrNull("collected_information")?.ObjectOrNull("shipping_details") ?? json.ObjectOrNull("shipping_details")) is { } shipping
            ? ShippingDetails.Read(shipping)
            : null;
}

/// <summary>A discount on a session.</summary>
/// <param name="CouponId">When the shop gave it.</param>
/// <param name="PromotionCodeId"><c>promo_…</c>, when the buyer typed a code.</param>
public sealed record SessionDiscount(string? CouponId, string? PromotionCodeId)
{
    internal static SessionDiscount Read(Fields json) => new(json.ExpandableId("coupon"), json.ExpandableId("promotion_code"));
}
