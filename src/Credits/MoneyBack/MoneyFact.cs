using System.Globalization;

namespace BillingMonolith.Credits;

/// <summary>Money of a payment that was returned to the buyer, or may be. Amounts are minor units of the currency.</summary>
/// <param name="Id">The refund (<c>re_…</c>) or the dispute (<c>du_…</c>).</param>
/// <param name="PaymentIntentId">The payment, which links it to a purchase.</param>
/// <param name="ChargeId">The charge, for people.</param>
/// <param name="AmountMinor">The amount.</param>
/// <param name="Currency">ISO code, lower case.</param>
public abstract record MoneyFact(string Id, string PaymentIntentId, string? ChargeId, long AmountMinor, string Currency)
{
    /// <summary>Whether this is newer than the known fact with the same id. Every pair has one answer, so the order of arrival does not matter.</summary>
    internal abstract bool Supersedes(MoneyFact known);

    /// <summary>The source of a ledger entry that follows from it. A thing enters each of its states once, so the source is unique.</summary>
    internal abstract string Source { get; }

    /// <summary>The same for people.</summary>
    internal abstract string Reason { get; }
}

/// <summary>The state of a refund; it moves only down this list.</summary>
public enum RefundState
{
    /// <summary>Created; the money is on its way. It counts from here on, because a buyer who gets a refund must not spend the credits meanwhile.</summary>
    Pending,
    /// <summary>The buyer has the money.</summary>
    Succeeded,
    /// <summary>Failed or canceled: the shop has the money again.</summary>
    Failed,
}

/// <summary>A refund.</summary>
public sealed record RefundFact(string Id, string PaymentIntentId, string? ChargeId, long AmountMinor, string Currency, RefundState State)
    : MoneyFact(Id, PaymentIntentId, ChargeId, AmountMinor, Currency)
{
    internal override bool Supersedes(MoneyFact known) => State > ((RefundFact)known).State;

    internal override string Source => State == RefundState.Failed ? $"refund-failed:{Id}" : $"refund:{Id}";

    internal override string Reason => State == RefundState.Failed ? "Refund failed" : "Refund";
}

/// <summary>The state of a dispute. It may go back and forth (an inquiry becomes a dispute, a lost one is appealed).</summary>
public enum DisputeState
{
    /// <summary>The bank only asks: no money moved.</summary>
    Inquiry,
    /// <summary>The bank has the money until it is decided.</summary>
    Open,
    /// <summary>The buyer has the money.</summary>
    Lost,
    /// <summary>The shop has the money.</summary>
    Closed,
}

/// <summary>A dispute.</summary>
public sealed record DisputeFact(
    string Id, string PaymentIntentId, string? ChargeId, long AmountMinor, string Currency, DisputeState State, DateTimeOffset AsOf)
    : MoneyFact(Id, PaymentIntentId, ChargeId, AmountMinor, Currency)
{
    internal override bool Supersedes(MoneyFact known) => (AsOf, State).CompareTo((((DisputeFact)known).AsOf, ((DisputeFact)known).State)) > 0;

    internal override string Source =>
        string.Create(CultureInfo.InvariantCulture, $"dispute-{State.ToString().ToLowerInvariant()}:{Id}:{AsOf.ToUnixTimeSeconds()}");

    internal override string Reason => State switch
    {
        DisputeState.Lost => "Dispute lost",
        DisputeState.Closed => "Dispute closed",
        _ => "Dispute open",
    };
}
