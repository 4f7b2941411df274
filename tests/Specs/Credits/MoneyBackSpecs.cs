using BillingMonolith.Credits;

namespace BillingMonolith.Specs.CreditsRoom;

/// <summary>What a purchase gives up for money that went back: a function of what is known, whatever order it came in.</summary>
public sealed class MoneyBackSpecs
{
    private static readonly DateTimeOffset Noon = DateTimeOffset.FromUnixTimeSeconds(1766167908);

    [Theory]
    [InlineData(1000, 1000, new long[] { 300, 300, 400 }, new long[] { 300, 600, 1000 })]
    [InlineData(1000, 999, new long[] { 333, 333, 333 }, new long[] { 333, 666, 1000 })] // thirds of what does not divide
    [InlineData(10, 3, new long[] { 1, 1, 1 }, new long[] { 3, 6, 10 })]
    [InlineData(7, 1000, new long[] { 142, 1, 857 }, new long[] { 0, 1, 7 })] // less than a credit is none yet
    [InlineData(50_000, 35_000, new long[] { 1 }, new long[] { 1 })] // one minor unit
    [InlineData(5000, 500, new long[] { 1, 499 }, new long[] { 10, 5000 })] // yen have no hundredths; nothing here knows
    [InlineData(1000, 1000, new long[] { 600, 600 }, new long[] { 600, 1000 })] // more than was paid is what was paid
    [InlineData(1000, 1000, new long[] { long.MaxValue, long.MaxValue }, new long[] { 1000, 1000 })]
    [InlineData(long.MaxValue, long.MaxValue, new long[] { 1, long.MaxValue - 1 }, new long[] { 1, long.MaxValue })]
    [InlineData(long.MaxValue, 3, new long[] { 1, 2 }, new long[] { long.MaxValue / 3, long.MaxValue })]
    public void Refunds_take_back_in_proportion_and_all_of_it_for_all_of_the_money(long credits, long paid, long[] refunds, long[] clawed)
    {
        var facts = refunds.Select((amount, i) => (MoneyFact)Refund($"re_{i}", amount)).ToList();
        for (var known = 1; known <= facts.Count; known++)
        {
            var back = MoneyBack.Of(Purchase(credits, paid), facts.Take(known));
            back.Credits.ShouldBe(clawed[known - 1]);
            back.Status.ShouldBe(back.RefundedMinor == paid ? "refunded" : "completed");
        }
    }

    [Theory]
    [InlineData(RefundState.Pending, 400, "completed")]
    [InlineData(RefundState.Succeeded, 400, "completed")]
    [InlineData(RefundState.Failed, 0, "completed")]
    public void A_refund_counts_from_when_it_is_made_until_it_fails(RefundState state, long credits, string status) =>
        MoneyBack.Of(Purchase(), [Refund("re_1", 400, state)]).ShouldBe(new MoneyBack(credits, 0, credits, IsFrozen: false, status));

    [Theory]
    [InlineData(DisputeState.Inquiry, 0, false, "completed")]
    [InlineData(DisputeState.Open, 0, true, "disputed")]
    [InlineData(DisputeState.Lost, 700, false, "disputed")]
    [InlineData(DisputeState.Closed, 0, false, "completed")]
    public void A_dispute_freezes_while_it_is_open_and_counts_when_it_is_lost(DisputeState state, long credits, bool frozen, string status) =>
        MoneyBack.Of(Purchase(), [Dispute(700, state)]).ShouldBe(new MoneyBack(0, credits, credits, frozen, status));

    [Fact]
    public void A_refund_and_a_dispute_together_never_exceed_what_was_paid()
    {
        MoneyBack.Of(Purchase(), [Refund("re_1", 400), Dispute(1000, DisputeState.Lost)]).ShouldBe(new MoneyBack(400, 600, 1000, IsFrozen: false, "disputed"));
        MoneyBack.Of(Purchase(), [Dispute(1000, DisputeState.Lost), Refund("re_1", 1000)]).ShouldBe(new MoneyBack(1000, 0, 1000, IsFrozen: false, "disputed"));
        MoneyBack.Of(Purchase(), [Dispute(1000, DisputeState.Closed), Refund("re_1", 1000)]).ShouldBe(new MoneyBack(1000, 0, 1000, IsFrozen: false, "refunded"));
    }

    [Fact]
    public void A_purchase_that_cost_nothing_gives_nothing_back() =>
        MoneyBack.Of(Purchase(paid: 0), [Refund("re_1", 400), Dispute(400, DisputeState.Lost)]).ShouldBe(new MoneyBack(0, 0, 0, IsFrozen: false, "disputed"));

    [Fact]
    public void Money_of_another_currency_does_not_count() =>
        MoneyBack.Of(Purchase(), [Refund("re_1", 400) with { Currency = "eur" }, Dispute(1000, DisputeState.Open) with { Currency = "eur" }])
            .ShouldBe(new MoneyBack(0, 0, 0, IsFrozen: false, "completed"));

    [Fact]
    public void Of_what_is_said_of_a_refund_the_furthest_counts_whatever_the_clock_says()
    {
        RefundState[] ladder = [RefundState.Pending, RefundState.Succeeded, RefundState.Failed];
        foreach (var next in ladder)
            foreach (var known in ladder)
                Refund("re_1", 1, next).Supersedes(Refund("re_1", 1, known)).ShouldBe(next > known);
    }

    [Fact]
    public void Of_what_is_said_of_a_dispute_the_latest_counts_and_within_a_second_the_end()
    {
        var later = Noon.AddSeconds(1);
        Dispute(1, DisputeState.Open, later).Supersedes(Dispute(1, DisputeState.Lost)).ShouldBeTrue("an appeal opens it again");
        Dispute(1, DisputeState.Lost).Supersedes(Dispute(1, DisputeState.Inquiry, later)).ShouldBeFalse();
        Dispute(1, DisputeState.Closed).Supersedes(Dispute(1, DisputeState.Open)).ShouldBeTrue("one second");
        Dispute(1, DisputeState.Open).Supersedes(Dispute(1, DisputeState.Closed)).ShouldBeFalse("one second");
        Dispute(1, DisputeState.Open).Supersedes(Dispute(1, DisputeState.Open)).ShouldBeFalse("a repeat");
    }

    [Fact]
    public void Each_state_of_a_refund_or_a_dispute_has_an_entry_of_its_own_name()
    {
        new MoneyFact[]
        {
            Refund("re_1", 1), Refund("re_1", 1, RefundState.Failed), Dispute(1, DisputeState.Lost), Dispute(1, DisputeState.Closed), Dispute(1, DisputeState.Open),
            Dispute(1, DisputeState.Lost, Noon.AddSeconds(1)),
        }.Select(f => f.Source).ShouldBe(
            ["refund:re_1", "refund-failed:re_1", "dispute-lost:du_1:1766167908", "dispute-closed:du_1:1766167908", "dispute-open:du_1:1766167908", "dispute-lost:du_1:1766167909"]);
    }

    private static PaidPurchase Purchase(long credits = 1000, long paid = 1000) =>
        new(Guid.Empty, "cs_1", "pi_1", "ada", "session:cs_1", credits, paid, "usd", ClawedCredits: 0, IsFrozen: false);

    private static RefundFact Refund(string id, long amount, RefundState state = RefundState.Succeeded) => new(id, "pi_1", "ch_1", amount, "usd", state);

    private static DisputeFact Dispute(long amount, DisputeState state, DateTimeOffset? asOf = null) =>
        new("du_1", "pi_1", "ch_1", amount, "usd", state, asOf ?? Noon);
}
