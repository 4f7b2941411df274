namespace BillingMonolith.Orders;

/// <summary>Where a refund or a dispute is. A refund only ever moves down its three.</summary>
public enum OrderMoneyState
{
    /// <summary>Made; the money is on its way. It counts from here on.</summary>
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

/// <summary>Money of a payment that went back to the buyer, or may go.</summary>
/// <param name="Id">The refund (<c>re_…</c>) or the dispute (<c>du_…</c>).</param>
/// <param name="PaymentIntentId">The payment: what it has in common with an order.</param>
/// <param name="AmountMinor">How much, in the minor unit.</param>
/// <param name="Currency">ISO code, lower case.</param>
/// <param name="State">Where it is.</param>
/// <param name="AsOf">For a dispute, which may go back and forth, when Stripe said so; for a refund always the same.</param>
public sealed record OrderMoneyFact(string Id, string PaymentIntentId, long AmountMinor, string Currency, OrderMoneyState State, DateTimeOffset AsOf)
{
    /// <summary>Whether it is newer than what is known of the same thing. Every pair has one answer, so the order of arrival has none.</summary>
    internal bool Supersedes(OrderMoneyFact known) => (AsOf, State).CompareTo((known.AsOf, known.State)) > 0;

    internal bool IsRefund => State <= OrderMoneyState.RefundFailed;
}

/// <summary>What became of an order's money, reckoned from all that is known of its payment.</summary>
/// <param name="RefundedMinor">What stands of the refunds, never more than was paid.</param>
/// <param name="Dispute">`none`, `inquiry`, `open`, `won` or `lost`: of several, what hurts most.</param>
internal sealed record OrderMoney(long RefundedMinor, string Dispute)
{
    /// <summary>Facts in another currency than the order's are somebody else's arithmetic: they do not count.</summary>
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
