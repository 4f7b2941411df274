using System.Collections.ObjectModel;

namespace Stripe;

/// <summary>A dispute. Amounts are in the minor unit of <see cref="Currency"/>.</summary>
public sealed record Dispute : IHasId
{
    /// <summary><c>du_…</c>, older ones <c>dp_…</c></summary>
    public required string Id { get; init; }

    /// <summary>What the buyer disputes: all of the charge, or a part.</summary>
    public required long Amount { get; init; }

    /// <summary>ISO code in lower case.</summary>
    public required string Currency { get; init; }

    /// <summary>One of <see cref="DisputeStatuses"/>. The warnings are inquiries: no money moved.</summary>
    public required string Status { get; init; }

    /// <summary>What the buyer says.</summary>
    public string? Reason { get; init; }

    /// <summary><c>ch_…</c></summary>
    public string? ChargeId { get; init; }

    /// <summary><c>pi_…</c></summary>
    public string? PaymentIntentId { get; init; }

    /// <summary>Usually false once the money was withdrawn.</summary>
    public bool IsChargeRefundable { get; init; }

    /// <summary>The money that moved: first withdrawn (negative), then perhaps reinstated (positive).</summary>
    public IReadOnlyList<DisputeMovement> BalanceTransactions { get; init; } = [];

    /// <summary>The shop's own notes.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>When it was opened.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>True for real money.</summary>
    public required bool Livemode { get; init; }

    internal static Dispute Read(Fields json) => new()
    {
        Id = json.Id("id"),
        Amount = json.Number("amount"),
        Currency = json.Text("currency"),
        Status = json.Text("status"),
        Reason = json.TextOrNull("reason"),
        ChargeId = json.ExpandableId("charge"),
        PaymentIntentId = json.ExpandableId("payment_intent"),
        IsChargeRefundable = json.FlagOrNull("is_charge_refundable") ?? false,
        BalanceTransactions = json.Each("balance_transactions", DisputeMovement.Read) ?? [],
        Metadata = json.Metadata(),
        Created = json.Time("created"),
        Livemode = json.Flag("livemode"),
    };
}

/// <summary>Money that a dispute moved, in the minor unit of the account's currency.</summary>
/// <param name="Id"><c>txn_…</c></param>
/// <param name="Amount">Negative: withdrawn from the shop.</param>
/// <param name="Fee">What the bank takes for it.</param>
/// <param name="Currency">ISO code in lower case.</param>
public sealed record DisputeMovement(string Id, long Amount, long Fee, string Currency)
{
    internal static DisputeMovement Read(Fields json) => new(json.Id("id"), json.Number("amount"), json.Number("fee"), json.Text("currency"));
}
