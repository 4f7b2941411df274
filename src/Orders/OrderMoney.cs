namespace BillingMonolith.Orders;

/// <summary>The state of a refund or a dispute. A refund moves only down its three states.</summary>
public enum OrderMoneyState
{
    /// <summary>Created; the money is on its way. It counts from here on.</summary>
    RefundPending,
    /// <summary>The buyer has the money.</summary>
    Refunded,
    /// <summary>Failed or canceled: the shop has the money again.</summary>
    RefundFailed,
    /// <summary>The bank only asks: no money moved.</summary>
    Inquiry,
    /// <summary>The bank has the money until it is decided.</summary>
    Disputed,
    /// <summary>The buyer has the money.</summary>
    DisputeLost,
    /// <summary>The shop has the money.</summary>
    DisputeClosed,
}

/// <summary>Money of a payment that was returned to the buyer, or may be.</summary>
/// <param name="Id">The refund (<c>re_…</c>) or the dispute (<c>du_…</c>).</param>
/// <param name="PaymentIntentId">The payment, which links it to an order.</param>
/// <param name="AmountMinor">The amount, in the minor unit.</param>
/// <param name="Currency">ISO code, lower case.</param>
/// <param name="State">The state.</param>
/// <param name="AsOf">For a dispute, whose state may go back and forth, the time at Stripe; for a refund always the same value.</param>
public sealed record OrderMoneyFact(string Id, string PaymentIntentId, long AmountMinor, string Currency, OrderMoneyState State, DateTimeOffset AsOf)
{
    /// <summary>Whether it is newer than the known fact with the same id. Every pair has one answer, so the order of arrival does not matter.</summary>
    internal bool Supersedes(OrderMoneyFact known) => (AsOf, State).CompareTo((known.AsOf, known.State)) > 0;

    internal bool IsRefund => State <= OrderMoneyState.RefundFailed;
}

/// <summary>The result for an order's money, computed from all known facts of its payment.</summary>
/// <param name="RefundedMinor">The refunds that count, never more than was paid.</param>
/// <param name="Dispute">`none`, `inquiry`, `open`, `won` or `lost`: of several, the worst.</param>
internal sealed record OrderMoney(long RefundedMinor, string Dispute)
{
    /// <summary>Ignores facts in another currency than the order's: the amounts cannot be compared.</summary>
    public static OrderMoney Of(long amountMinor, string currency, IEnumerable<OrderMoneyFact> facts)
    {
        var known = facts.Where(f => f.Currency == currency).ToList();
        var back = known.Where(f => f.IsRefund && f.State != OrderMoneyState.RefundFailed).Aggregate(Int128.Zero, (sum, f) => sum + f.AmountMinor);
        return new OrderMoney((long)Int128.Min(amountMinor, back),
            known.Exists(f => f.State == OrderMoneyState.Disputed) ? "open"
            : known.Exists(f => f.State == OrderMoneyState.DisputeLost) ? "lost"
            : known.Exists(f => f.State == OrderMoneyState.Inquiry) ? "inquiry"
            : known.Exists(f => f.State == OrderMoneyState.DisputeClosed) ? "won"
            : "none");
    }
}
