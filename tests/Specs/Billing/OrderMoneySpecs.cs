using BillingMonolith.Orders;

namespace BillingMonolith.Specs.Billing;

/// <summary>What became of an order's money follows from what is known of its payment, in whatever order and however often it was told.</summary>
public sealed class OrderMoneySpecs
{
    private const long Paid = 1000;

    [Fact]
    public void Whatever_is_told_in_whatever_order_and_however_often_ends_alike() => FirstFault((next, known) => next.Supersedes(known)).ShouldBeNull();

    [Fact]
    public void What_believes_the_last_word_or_the_first_is_seen()
    {
        FirstFault((_, _) => true).ShouldNotBeNull();
        FirstFault((_, _) => false).ShouldNotBeNull();
        var later = Dispute(OrderMoneyState.Disputed, second: 2);
        later.Supersedes(Dispute(OrderMoneyState.DisputeLost, second: 1)).ShouldBeTrue("what was lost is appealed");
        later.Supersedes(Dispute(OrderMoneyState.DisputeLost, second: 2)).ShouldBeFalse("in one second the end counts");

        static OrderMoneyFact Dispute(OrderMoneyState state, int second) => new("du_1", "pi_1", Paid, "usd", state, DateTimeOffset.UnixEpoch.AddSeconds(second));
    }

    [Theory]
    [InlineData("300 Refunded, 700 Refunded", 1000, "none")]
    [InlineData("300 RefundPending", 300, "none")]
    [InlineData("300 RefundFailed, 200 Refunded", 200, "none")]
    [InlineData("700 Refunded, 700 Refunded", 1000, "none")] // never more than was paid
    [InlineData("1000 Inquiry", 0, "inquiry")]
    [InlineData("1000 Disputed, 400 DisputeLost", 0, "open")]
    [InlineData("1000 DisputeClosed, 400 DisputeLost", 0, "lost")]
    [InlineData("1000 DisputeClosed, 400 Inquiry", 0, "inquiry")]
    [InlineData("1000 DisputeClosed, 100 Refunded", 100, "won")]
    [InlineData("", 0, "none")]
    public void The_marks_are_these(string story, long refunded, string dispute)
    {
        var facts = story.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(s => s.Split(' ')).Index()
            .Select(f => new OrderMoneyFact($"f{f.Index}", "pi_1", long.Parse(f.Item[0]), "usd", Enum.Parse<OrderMoneyState>(f.Item[1]), DateTimeOffset.UnixEpoch)).ToList();
        OrderMoney.Of(Paid, "usd", facts).ShouldBe(new OrderMoney(refunded, dispute));
        OrderMoney.Of(Paid, "usd", facts.Select(f => f with { Currency = "eur" })).ShouldBe(new OrderMoney(0, "none"), "another currency does not count");
        OrderMoney.Of(0, "usd", facts).RefundedMinor.ShouldBe(0, "nothing was paid");
    }

    /// <summary>The first story (its number is its seed) that ends in two ways; null = none does.</summary>
    private static string? FirstFault(Func<OrderMoneyFact, OrderMoneyFact, bool> newer)
    {
        for (var seed = 1; seed <= 5_000; seed++)
        {
            var random = new Random(seed);
            OrderMoneyFact[] told = [.. Story(random)];
            var ends = new HashSet<OrderMoney>();
            for (var order = 0; order < 6; order++)
            {
                OrderMoneyFact[] again = [.. told, .. told.Where(_ => random.Next(2) == 0)];
                random.Shuffle(again);
                var known = new Dictionary<string, OrderMoneyFact>();
                foreach (var fact in again)
                {
                    if (!known.TryGetValue(fact.Id, out var before) || newer(fact, before)) known[fact.Id] = fact;
                    OrderMoney.Of(Paid, "usd", known.Values).RefundedMinor.ShouldBeInRange(0, Paid);
                }

                ends.Add(OrderMoney.Of(Paid, "usd", known.Values));
            }

            if (ends.Count > 1) return $"story {seed}: {string.Join(" or ", ends)}";
        }

        return null;
    }

    // Refunds that move down their ladder, and a dispute that goes to and fro as time passes, some of it within a second.
    private static IEnumerable<OrderMoneyFact> Story(Random random)
    {
        for (var refund = 1; refund <= random.Next(4); refund++)
        {
            var amount = random.Next(1, (int)Paid);
            foreach (var state in (OrderMoneyState[])[OrderMoneyState.RefundPending, OrderMoneyState.Refunded, OrderMoneyState.RefundFailed])
            {
                if (random.Next(3) > 0) yield return new OrderMoneyFact($"re_{refund}", "pi_1", amount, "usd", state, DateTimeOffset.UnixEpoch);
            }
        }

        var at = DateTimeOffset.UnixEpoch.AddYears(56);
        for (var word = 0; word < random.Next(5); word++)
        {
            at = at.AddSeconds(random.Next(2));
            yield return new OrderMoneyFact("du_1", "pi_1", Paid, "usd", OrderMoneyState.Inquiry + random.Next(4), at);
        }
    }
}
