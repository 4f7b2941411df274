using System.Collections.ObjectModel;

namespace Stripe;

/// <summary>A refund. The amount is in the minor unit of <see cref="Currency"/>.</summary>
public sealed record Refund : IHasId
{
    /// <summary><c>re_…</c></summary>
    public required string Id { get; init; }

    /// <summary>What goes back to the buyer.</summary>
    public required long Amount { get; init; }

    /// <summary>ISO code in lower case.</summary>
    public required string Currency { get; init; }

    /// <summary>One of <see cref="RefundStatuses"/>. A failed one gives the money back to the shop.</summary>
    public string? Status { get; init; }

    /// <summary>Why it was made.</summary>
    public string? Reason { get; init; }

    /// <summary>Why it failed.</summary>
    public string? FailureReason { get; init; }

    /// <summary><c>ch_…</c></summary>
    public string? ChargeId { get; init; }

    /// <summary><c>pi_…</c></summary>
    public string? PaymentIntentId { get; init; }

    /// <summary>The shop's own notes.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    internal static Refund Read(Fields json) => new()
    {
        Id = json.Id("id"),
        Amount = json.Number("amount"),
        Currency = json.Text("currency"),
        Status = json.TextOrNull("status"),
        Reason = json.TextOrNull("reason"),
        FailureReason = json.TextOrNull("failure_reason"),
        ChargeId = json.ExpandableId("charge"),
        PaymentIntentId = json.ExpandableId("payment_intent"),
        Metadata = json.Metadata(),
        Created = json.Time("created"),
    };
}
