using BillingMonolith.Orders;

namespace BillingMonolith.Specs.Billing;

/// <summary>Where an order's work can go, status by status.</summary>
public sealed class OrderWorkSpecs
{
    private static readonly Dictionary<(string Kind, string From), string[]> Ways = new()
    {
        [("dfy", "NEW")] = ["IN_PROGRESS", "CANCELLED"],
        [("dfy", "IN_PROGRESS")] = ["REVIEW", "CANCELLED"],
        [("dfy", "REVIEW")] = ["IN_PROGRESS", "DELIVERED", "CANCELLED"],
        [("dfy", "DELIVERED")] = ["IN_PROGRESS", "CLOSED"],
        [("dfy", "CLOSED")] = [],
        [("dfy", "CANCELLED")] = [],
        [("cart", "NEW")] = ["PROCESSING", "CANCELLED"],
        [("cart", "PROCESSING")] = ["SHIPPED", "CANCELLED"],
        [("cart", "SHIPPED")] = ["DELIVERED"],
        [("cart", "DELIVERED")] = [],
        [("cart", "CANCELLED")] = [],
    };

    [Fact]
    public void Work_goes_these_ways_and_no_others()
    {
        foreach (var kind in (string[])["dfy", "cart"])
        {
            foreach (var from in OrderWork.Statuses)
            {
                var ways = Ways.GetValueOrDefault((kind, from), []);
                OrderWork.Next(kind, from, isRefunded: false).ShouldBe(ways, $"{kind} {from}");
                OrderWork.Next(kind, from, isRefunded: true).ShouldBe([.. ways.Where(w => w is "CLOSED" or "CANCELLED")], $"{kind} {from}, refunded: it can only be ended");
            }
        }
    }

    [Fact]
    public void Nobody_can_ask_for_refunded_and_every_status_but_it_can_be_reached()
    {
        Ways.Values.SelectMany(w => w).ShouldNotContain(OrderWork.Refunded);
        OrderWork.Statuses.Except(["NEW", OrderWork.Refunded]).ShouldAllBe(s => Ways.Values.Any(w => w.Contains(s)));
    }

    [Fact]
    public void Going_back_to_work_is_a_revision_and_beginning_it_is_none() =>
        Ways.SelectMany(w => w.Value.Select(to => (w.Key.From, To: to))).Where(s => OrderWork.IsRevision(s.From, s.To)).ShouldBe([("REVIEW", "IN_PROGRESS"), ("DELIVERED", "IN_PROGRESS")]);

    [Theory]
    [InlineData("https://files.example.com/7KQ3XZ9MPD?part=1", true)]
    [InlineData(null, true)]
    [InlineData("http://files.example.com/", false)]
    [InlineData("javascript:alert(1)", false)]
    [InlineData("//files.example.com/", false)]
    [InlineData("https://user@files.example.com/", false)]
    [InlineData("https://files.example.com/a b", false)]
    [InlineData("", false)]
    public void What_becomes_a_link_of_the_buyer_s_is_an_https_address(string? url, bool isGood)
    {
        foreach (var terms in (OrderTerms[])[Terms with { FilesUrl = url }, Terms with { FinalPackageUrl = url }])
            new ChangeOrderValidator().Validate(new ChangeOrder("test", "x", null, terms)).IsValid.ShouldBe(isGood, url);
    }

    private static readonly OrderTerms Terms = new() { RevisionsLeft = 1, ChecklistStatus = "PENDING" };
}
