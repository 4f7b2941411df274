using System.Collections.ObjectModel;

namespace Stripe;

/// <summary>A charge. Amounts are in the minor unit of <see cref="Currency"/>.</summary>
public sealed record Charge : IHasId
{
    /// <summary><c>ch_…</c></summary>
    public required string Id { get; init; }

    /// <summary>What was charged.</summary>
    public required long Amount { get; init; }

    /// <summary>All refunds so far together. What this event adds: minus <see cref="EventData.PreviousNumber"/> of <c>amount_refunded</c>.</summary>
    public required long AmountRefunded { get; init; }

    /// <summary>ISO code in lower case.</summary>
    public required string Currency { get; init; }

    /// <summary>True only when all of it was refunded.</summary>
    public bool Refunded { get; init; }

    /// <summary>Whether it was disputed.</summary>
    public bool Disputed { get; init; }

    /// <summary><c>succeeded</c>, <c>pending</c> or <c>failed</c>.</summary>
    public string? Status { get; init; }

    /// <summary><c>cus_…</c></summary>
    public string? CustomerId { get; init; }

    /// <summary><c>pi_…</c></summary>
    public string? PaymentIntentId { get; init; }

    /// <summary>Gone since basil: then null.</summary>
    public string? InvoiceId { get; init; }

    /// <summary>Only when expanded.</summary>
    public StripeList<Refund>? Refunds { get; init; }

    /// <summary>The shop's own notes: those of <c>payment_intent_data</c>, not those of the checkout session.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>True for real money.</summary>
    public required bool Livemode { get; init; }

    internal static Charge Read(Fields json) => new()
    {
        Id = json.Id("id"),
        Amount = json.Number("amount"),
        AmountRefunded = json.Number("amount_refunded"),
        Currency = json.Text("currency"),
        Refunded = json.FlagOrNull("refunded") ?? false,
        Disputed = json.FlagOrNull("disputed") ?? false,
        Status = json.TextOrNull("status"),
        CustomerId = json.ExpandableId("customer"),
        PaymentIntentId = json.ExpandableId("payment_intent"),
        InvoiceId = json.ExpandableId("invoice"),
        Refunds = json.ListOrNull("refunds", Refund.Read),
        Metadata = json.Metadata(),
        Created = json.Time("created"),
        Livemode = json.Flag("livemode"),
    };
}
