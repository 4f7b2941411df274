using System.Numerics;
using BillingMonolith.Credits;

namespace BillingMonolith.Specs.CreditsRoom;

/// <summary>A random purchase and all that was ever said of its refunds and disputes; the same number gives the same case.</summary>
internal sealed class MoneyBackCase
{
    private static readonly DateTimeOffset Noon = DateTimeOffset.FromUnixTimeSeconds(1766167908);
    private readonly Random random;
    private readonly List<MoneyFact> said = [];

    public MoneyBackCase(int number)
    {
        random = new Random(number);
        Purchase = new(Guid.Empty, "cs_1", "pi_1", "ada", "session:cs_1", Size(50_000_000), Size(99_999_999), "usd", ClawedCredits: 0, IsFrozen: false);
        foreach (var (amount, i) in Amounts().Select((a, i) => (a, i))) Tell(amount, i);
        Last = [.. said.GroupBy(f => f.Id).Select(g => g.Last())];
        Stands = Last.Aggregate(BigInteger.Zero, (sum, f) => f is RefundFact { State: not RefundState.Failed } or DisputeFact { State: DisputeState.Lost } ? sum + f.AmountMinor : sum);
    }

    public PaidPurchase Purchase { get; }

    /// <summary>The last word on each thing.</summary>
    public IReadOnlyList<MoneyFact> Last { get; }

    /// <summary>The money that is not, or no longer, the shop's; more than was paid when the buyer got it by a refund and a dispute.</summary>
    public BigInteger Stands { get; }

    /// <summary>All that was said, as it happened, and then twice in any order with repeats.</summary>
    public IEnumerable<IReadOnlyList<MoneyFact>> Orders() => [said, Shuffled(), Shuffled()];

    public override string ToString() => $"{Purchase.Credits} credits for {Purchase.PaidMinor}; {string.Join(", ", said.Select(Word))}; {Stands} stands";

    private static string Word(MoneyFact fact) => $"{fact.Source} of {fact.AmountMinor}";

    private MoneyFact[] Shuffled()
    {
        MoneyFact[] words = [.. said.SelectMany(f => Enumerable.Repeat(f, random.Next(1, 4)))];
        random.Shuffle(words);
        return words;
    }

    /// <summary>Small numbers as often as large ones.</summary>
    private long Size(long most) => Math.Min(most, 1 + (long)(Math.Pow(most, random.NextDouble()) * random.NextDouble()));

    /// <summary>Parts that add up to what was paid, or any; parts of nothing there are none.</summary>
    private IEnumerable<long> Amounts()
    {
        var (parts, left, whole) = (random.Next(0, 7), Purchase.PaidMinor, random.Next(2) == 0);
        for (var i = 1; i <= parts; i++)
        {
            var part = !whole ? random.NextInt64(1, Purchase.PaidMinor + 1)
                : i == parts ? left
                : random.Next(2) == 0 ? Math.Min(left, Purchase.PaidMinor / parts) : random.NextInt64(left + 1);
            left -= part;
            if (part > 0) yield return part;
        }
    }

    private void Tell(long amount, int number)
    {
        if (random.Next(3) > 0)
        {
            RefundState[] states = random.Next(4) switch { 0 => [RefundState.Pending], 1 => [RefundState.Pending, RefundState.Failed], _ => [RefundState.Pending, RefundState.Succeeded] };
            said.AddRange(states.Select(s => new RefundFact($"re_{number}", "pi_1", "ch_1", amount, "usd", s)));
            return;
        }

        DisputeState[] ways = random.Next(5) switch
        {
            0 => [DisputeState.Inquiry],
            1 => [DisputeState.Inquiry, DisputeState.Open],
            2 => [DisputeState.Open, DisputeState.Closed],
            3 => [DisputeState.Open, DisputeState.Lost, DisputeState.Open, DisputeState.Closed],
            _ => [DisputeState.Open, DisputeState.Lost],
        };
        said.AddRange(ways.Select((s, i) => new DisputeFact($"du_{number}", "pi_1", "ch_1", amount, "usd", s, Noon.AddSeconds(i))));
    }
}
