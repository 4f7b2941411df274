using System.Collections.ObjectModel;

namespace Stripe;

/// <summary>A payment intent. Amounts are in the minor unit of <see cref="Currency"/>.</summary>
public sealed record PaymentIntent : IHasId
{
    /// <summary><c>pi_…</c></summary>
    public required string Id { get; init; }

    /// <summary>What is to be paid.</summary>
    public required long Amount { get; init; }

    /// <summary>What was paid.</summary>
    public long AmountReceived { get; init; }

    /// <summary>ISO code in lower case.</summary>
    public required string Currency { get; init; }

    /// <summary>One of <see cref="PaymentIntentStatuses"/>.</summary>
    public required string Status { get; init; }

    /// <summary><c>cus_…</c></summary>
    public string? CustomerId { get; init; }

    /// <summary><c>pm_…</c>; null again after a refusal.</summary>
    public string? PaymentMethodId { get; init; }

    /// <summary>Why the last try failed.</summary>
    public StripeError? LastPaymentError { get; init; }

    /// <summary><c>ch_…</c></summary>
    public string? LatestChargeId { get; init; }

    /// <summary>Gone since basil: then null.</summary>
    public string? InvoiceId { get; init; }

    /// <summary>The shop's own notes: those of <c>payment_intent_data</c>, not those of the checkout session.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>True for real money.</summary>
    public required bool Livemode { get; init; }

    internal static PaymentIntent Read(Fields json) => new()
    {
        Id = json.Id("id"),
        Amount = json.Number("amount"),
        AmountReceived = json.NumberOrNull("amount_received") ?? 0,
        Currency = json.Text("currency"),
        Status = json.Text("status"),
        CustomerId = json.ExpandableId("customer"),
        PaymentMethodId = json.ExpandableId("payment_method"),
        LastPaymentError = json.ObjectOrNull("last_payment_error") is { } error ? StripeError.Read(error) : null,
        LatestChargeId = json.ExpandableId("latest_charge"),
        InvoiceId = json.ExpandableId("invoice"),
        Metadata = json.Metadata(),
        Created = json.Time("created"),
        Livemode = json.Flag("livemode"),
    };
}
