using BillingMonolith.Credits;

namespace BillingMonolith.Specs.CreditsRoom;

/// <summary>The reckoning has the property, and one with a bug in it has not.</summary>
public sealed class MoneyBackPropertySpecs
{
    private const int Cases = 20_000;

    /// <summary>A bug in the reckoning, and what is seen of it.</summary>
    private static readonly Dictionary<string, (MoneyBackProperty.Reckoning Reckon, string Seen)> Bugs = new()
    {
        ["rounds each refund for itself"] = ((p, facts) => Reckon(p, facts, (_, money) => money.Sum(m => Share(p, m))), "more money than credits"),
        ["rounds up"] = ((p, facts) => Reckon(p, facts, (back, _) => ((p.Credits * back) + p.PaidMinor - 1) / p.PaidMinor), "more credits than money"),
        ["rounds to the nearest"] = ((p, facts) => Reckon(p, facts, (back, _) => ((p.Credits * back) + (p.PaidMinor / 2)) / p.PaidMinor), "more credits than money"),
        ["no cap of refund and dispute together"] = ((p, facts) => Reckon(p, facts, (_, money) => Share(p, money.Sum()), cap: false), "more is taken than was bought"),
        ["no cap of the money"] = ((p, facts) => Reckon(p, facts, cap: false), "more came back than was paid"),
        ["a won dispute still counts"] = ((p, facts) => Reckon(p, Turned(facts, DisputeState.Closed, DisputeState.Lost)), "more credits than money"),
        ["an open dispute counts"] = ((p, facts) => Reckon(p, Turned(facts, DisputeState.Open, DisputeState.Lost)), "credits"),
        ["a lost dispute does not count"] = ((p, facts) => Reckon(p, Turned(facts, DisputeState.Lost, DisputeState.Closed)), "money"),
        ["a failed refund still counts"] = ((p, facts) => Reckon(p, facts.Select(f => f is RefundFact r ? r with { State = RefundState.Succeeded } : f)), "more credits than money"),
        ["a pending refund does not count"] = ((p, facts) => Reckon(p, facts.Where(f => f is not RefundFact { State: RefundState.Pending })), "more money than credits"),
        ["the first refund only"] = ((p, facts) => Reckon(p, facts.Where(f => f is not RefundFact).Concat(facts.OfType<RefundFact>().Take(1))), "the order counts"),
        ["32-bit overflow"] = ((p, facts) => Reckon(p, facts, (back, _) => unchecked((int)p.Credits * (int)back) / p.PaidMinor), "less than nothing is taken"),
        ["a float"] = ((p, facts) => Reckon(p, facts, (back, _) => (long)((float)back / p.PaidMinor * p.Credits)), "money"),
    };

    public static TheoryData<string> Names => [.. Bugs.Keys];

    [Fact]
    public void Whatever_comes_back_in_whatever_order_the_credits_are_what_the_money_says() =>
        MoneyBackProperty.FirstFault(Cases, MoneyBack.Of, (next, known) => next.Supersedes(known)).ShouldBeNull();

    [Theory]
    [MemberData(nameof(Names))]
    public void A_bug_in_the_reckoning_is_seen(string bug) =>
        MoneyBackProperty.FirstFault(Cases, Bugs[bug].Reckon, (next, known) => next.Supersedes(known)).ShouldNotBeNull(bug).ShouldContain(Bugs[bug].Seen);

    [Fact]
    public void A_reckoning_that_believes_what_is_said_last_is_seen() =>
        MoneyBackProperty.FirstFault(Cases, MoneyBack.Of, (_, _) => true).ShouldNotBeNull().ShouldContain("the order counts");

    [Fact]
    public void A_reckoning_that_believes_what_is_said_first_is_seen() =>
        MoneyBackProperty.FirstFault(Cases, MoneyBack.Of, (_, _) => false).ShouldNotBeNull();

    private static long Share(PaidPurchase purchase, long money) => purchase.Credits * money / purchase.PaidMinor;

    /// <summary>The product's reckoning with other credits for the money that is back, in all and in its parts, or with money that has no limit.</summary>
    private static MoneyBack Reckon(PaidPurchase purchase, IEnumerable<MoneyFact> facts, Func<long, IEnumerable<long>, long>? credits = null, bool cap = true)
    {
        var sound = MoneyBack.Of(purchase, facts);
        long[] refunds = [.. facts.OfType<RefundFact>().Where(r => r.State != RefundState.Failed).Select(r => r.AmountMinor)];
        long[] lost = [.. facts.OfType<DisputeFact>().Where(d => d.State == DisputeState.Lost).Select(d => d.AmountMinor)];
        if (!cap) sound = sound with { RefundedMinor = refunds.Sum(), DisputedMinor = lost.Sum() };
        return credits is null ? sound : sound with { Credits = credits(sound.RefundedMinor + sound.DisputedMinor, [.. refunds, .. lost]) };
    }

    private static IEnumerable<MoneyFact> Turned(IEnumerable<MoneyFact> facts, DisputeState from, DisputeState to) =>
        facts.Select(f => f is DisputeFact d && d.State == from ? d with { State = to } : f);
}
