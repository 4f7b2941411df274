using System.Globalization;
using System.Numerics;
using BillingMonolith.Credits;

namespace BillingMonolith.Specs.CreditsRoom;

/// <summary>
/// What must be true of a purchase whose money comes back, whatever came back of it and in whatever order it was told. Said of the money and the
/// credits, not of how they are reckoned.
/// </summary>
internal static class MoneyBackProperty
{
    public delegate MoneyBack Reckoning(PaidPurchase purchase, IEnumerable<MoneyFact> facts);

    /// <summary>The first case that is not as it must be, by its number, which is its seed; null = all are.</summary>
    /// <param name="cases">How many to look at.</param>
    /// <param name="reckon">What the facts come to.</param>
    /// <param name="newer">Which of two words on one thing counts: the first when it supersedes the second.</param>
    public static string? FirstFault(int cases, Reckoning reckon, Func<MoneyFact, MoneyFact, bool> newer)
    {
        for (var number = 1; number <= cases; number++)
        {
            var story = new MoneyBackCase(number);
            if (Fault(story, reckon, newer) is { } fault) return string.Create(CultureInfo.InvariantCulture, $"case {number}: {fault}\n{story}");
        }

        return null;
    }

    private static string? Fault(MoneyBackCase story, Reckoning reckon, Func<MoneyFact, MoneyFact, bool> newer)
    {
        var purchase = story.Purchase;
        var ends = new List<MoneyBack>();
        foreach (var order in story.Orders())
        {
            var known = new Dictionary<string, MoneyFact>();
            var back = reckon(purchase, []);
            foreach (var fact in order)
            {
                if (known.TryGetValue(fact.Id, out var before) && !newer(fact, before)) continue;
                known[fact.Id] = fact;
                back = reckon(purchase, known.Values);
                if (Limits(purchase, back) is { } limit) return $"{limit}, after {fact}: {back}";
            }

            ends.Add(back);
        }

        if (ends.Distinct().Count() > 1) return $"the order counts: {string.Join(" or ", ends.Distinct())}";
        return Amounts(purchase, ends[0], story.Stands) ?? Growth(story, reckon);
    }

    private static string? Limits(PaidPurchase purchase, MoneyBack back) =>
        back.Credits < 0 ? "less than nothing is taken"
        : back.Credits > purchase.Credits ? "more is taken than was bought"
        : back is { RefundedMinor: < 0 } or { DisputedMinor: < 0 } ? "less than nothing came back"
        : back.RefundedMinor + back.DisputedMinor > purchase.PaidMinor ? "more came back than was paid"
        : null;

    /// <summary>The share of the credits is the share of the money, and what is less than a credit is left: no rounding, however often, is lost or won.</summary>
    private static string? Amounts(PaidPurchase purchase, MoneyBack back, BigInteger stands)
    {
        var money = BigInteger.Min(purchase.PaidMinor, stands);
        var over = (money * purchase.Credits) - ((BigInteger)back.Credits * purchase.PaidMinor);
        return money.IsZero && back.Credits != 0 ? $"nothing came back, and credits were taken: {back}"
            : money == purchase.PaidMinor && back.Credits != purchase.Credits ? $"all came back, and not all credits were taken: {back}"
            : over < 0 ? $"more credits than money: {back}"
            : over >= purchase.PaidMinor ? $"more money than credits: {back}"
            : back.RefundedMinor + back.DisputedMinor != money ? $"the money is not what stands, {money}: {back}"
            : null;
    }

    /// <summary>A further refund never gives anything back.</summary>
    private static string? Growth(MoneyBackCase story, Reckoning reckon)
    {
        var (before, seen) = (0L, new List<MoneyFact>());
        foreach (var fact in story.Last)
        {
            seen.Add(fact);
            var back = reckon(story.Purchase, seen);
            if (back.Credits < before) return $"more money, fewer credits, after {fact}: {back}";
            before = back.Credits;
        }

        return null;
    }
}
