namespace Stripe;

/// <summary>Payment intents: <c>/v1/payment_intents</c>. All methods throw <see cref="StripeException"/>.</summary>
public sealed class PaymentIntentService(StripeClient client) : Service<PaymentIntent>(client, "/v1/payment_intents", PaymentIntent.Read)
{
    /// <summary>
    /// Makes a payment, and with <see cref="PaymentIntentCreateOptions.Confirm"/> tries it at once. A card that refuses is an exception whose
    /// <see cref="StripeException.StripeError"/> has the code (<see cref="ErrorCodes"/>) and the payment intent's id. Stripe answers a repeat with the
    /// same idempotency key with the same refusal: another try wants another key.
    /// </summary>
    public Task<PaymentIntent> CreateAsync(
        PaymentIntentCreateOptions create, RequestOptions? options = null, CancellationToken cancellationToken = default) =>
        PostAsync(create, options, cancellationToken);

    /// <summary>Reads a payment intent.</summary>
    public Task<PaymentIntent> GetAsync(string id, IReadOnlyList<string>? expand = null, CancellationToken cancellationToken = default) =>
        FetchAsync(id, expand, cancellationToken);

    /// <summary>A customer's payments, the newest first, whatever became of them.</summary>
    public Task<StripeList<PaymentIntent>> ListAsync(PaymentIntentListOptions? list = null, CancellationToken cancellationToken = default) =>
        PageAsync(list, cancellationToken);
}

/// <summary>Parameters of a new payment.</summary>
public sealed class PaymentIntentCreateOptions : BaseOptions
{
    /// <summary>In the minor unit.</summary>
    public required long Amount { get; init; }

    /// <summary>ISO code in lower case.</summary>
    public required string Currency { get; init; }

    /// <summary><c>cus_…</c>; the one who keeps the payment method.</summary>
    public string? Customer { get; init; }

    /// <summary><c>pm_…</c></summary>
    public string? PaymentMethod { get; init; }

    /// <summary>The buyer is not there and cannot answer the bank; only with <see cref="Confirm"/>.</summary>
    public bool? OffSession { get; init; }

    /// <summary>Try it at once.</summary>
    public bool? Confirm { get; init; }

    /// <summary>As the buyer sees it on the receipt.</summary>
    public string? Description { get; init; }

    /// <summary>Where the receipt goes.</summary>
    public string? ReceiptEmail { get; init; }

    /// <summary>Copied to the charge: without them a refund or dispute cannot be told whose it is.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

/// <summary>Which payments.</summary>
public sealed class PaymentIntentListOptions : ListOptions
{
    /// <summary><c>cus_…</c></summary>
    public string? Customer { get; init; }

    /// <summary>When they were made.</summary>
    public DateRangeOptions? Created { get; init; }
}
