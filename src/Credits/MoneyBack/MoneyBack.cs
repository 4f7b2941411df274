namespace BillingMonolith.Credits;

/// <summary>A purchase that was paid, with what came back of it so far.</summary>
/// <param name="Id">The purchase's row.</param>
/// <param name="Name">Its session, or its payment where it has no session.</param>
/// <param name="Payment">The payment intent.</param>
/// <param name="UserId">Whose credits they are.</param>
/// <param name="Origin">The source of its grant.</param>
/// <param name="Credits">What was granted.</param>
/// <param name="PaidMinor">What was paid for it.</param>
/// <param name="Currency">In this currency.</param>
/// <param name="ClawedCredits">What was taken back of the credits.</param>
/// <param name="IsFrozen">Whether a dispute holds what is left of them.</param>
internal sealed record PaidPurchase(Guid Id, string Name, string Payment, string UserId, string Origin, long Credits, long PaidMinor, string Currency,
    long ClawedCredits, bool IsFrozen);

/// <summary>
/// What a purchase comes to when these facts are all that is known of its payment. The credits to give up are reckoned from all the money that is
/// back and not refund by refund, so that roundings do not add up: 30, 30 and 40 % are the whole.
/// </summary>
/// <param name="RefundedMinor">What stands of the refunds.</param>
/// <param name="DisputedMinor">What was lost to disputes on top; together never more than was paid.</param>
/// <param name="Credits">What is to be taken back of the credits.</param>
/// <param name="IsFrozen">A dispute is open: what is left cannot be spent until it is decided.</param>
/// <param name="Status">The purchase's.</param>
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
