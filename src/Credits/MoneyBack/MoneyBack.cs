namespace BillingMonolith.Credits;

/// <summary>A paid purchase, with the refunds and disputes applied so far.</summary>
/// <param name="Id">The purchase's row.</param>
/// <param name="Name">Its session, or its payment when it has no session.</param>
/// <param name="Payment">The payment intent.</param>
/// <param name="UserId">The user who owns the credits.</param>
/// <param name="Origin">The source of its grant.</param>
/// <param name="Credits">The granted credits.</param>
/// <param name="PaidMinor">The amount paid.</param>
/// <param name="Currency">The currency of the amount.</param>
/// <param name="ClawedCredits">The credits clawed back.</param>
/// <param name="IsFrozen">Whether a dispute freezes the rest of them.</param>
internal sealed record PaidPurchase(Guid Id, string Name, string Payment, string UserId, string Origin, long Credits, long PaidMinor, string Currency,
    long ClawedCredits, bool IsFrozen);

/// <summary>
/// The state of a purchase, given all known facts of its payment. The credits to claw back are computed from the sum of the money that is
/// returned, not refund by refund, so that rounding errors do not add up: 30, 30 and 40 % are the whole.
/// </summary>
/// <param name="RefundedMinor">The sum of the refunds that count.</param>
/// <param name="DisputedMinor">The additional loss by disputes; together never more than was paid.</param>
/// <param name="Credits">The credits to claw back.</param>
/// <param name="IsFrozen">A dispute is open: the rest cannot be spent until it is decided.</param>
/// <param name="Status">The status of the purchase.</param>
internal sealed record MoneyBack(long RefundedMinor, long DisputedMinor, long Credits, bool IsFrozen, string Status)
{
    /// <summary>Facts in another currency than the purchase's do not count: a person has to look at them.</summary>
    public static MoneyBack Of(PaidPurchase purchase, IEnumerable<MoneyFact> facts)
    {
        var paid = purchase.PaidMinor;
        var known = facts.Where(f => f.Currency == purchase.Currency).ToList();
        var refunded = Least(paid, known.OfType<RefundFact>().Where(r => r.State != RefundState.Failed));
        var lost = Least(paid - refunded, known.OfType<DisputeFact>().Where(d => d.State == DisputeState.Lost));
        var back = refunded + lost;
        var frozen = known.OfType<DisputeFact>().Any(d => d.State == DisputeState.Open);
        return new MoneyBack(refunded, lost, paid == 0 ? 0 : (long)((Int128)purchase.Credits * back / paid), frozen,
            frozen || known.OfType<DisputeFact>().Any(d => d.State == DisputeState.Lost) ? PurchaseStatus.Disputed
            : paid > 0 && refunded == paid ? PurchaseStatus.Refunded
            : PurchaseStatus.Completed);
    }

    private static long Least(long most, IEnumerable<MoneyFact> facts) =>
        (long)Int128.Min(most, facts.Aggregate(Int128.Zero, (sum, fact) => sum + fact.AmountMinor));
}
