using System.Text;
using BillingMonolith.Credits;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Routing;
using BillingMonolith.Orders;
using BillingMonolith.Specs.StripeNeighbour;
using Stripe;

namespace BillingMonolith.Specs.HostRoom;

/// <summary>The routes of refunds and disputes: this event means these facts.</summary>
public sealed class MoneyBackRoutesSpecs
{
    private const string Intent = "pi_3Sg89YLq7pR2xKc90c9gdwqR";
    private const string Charged = "ch_3Sg89YLq7pR2xKc90QhT1mNv";

    [Theory]
    [InlineData("refund.created.clover", RefundState.Succeeded)]
    [InlineData("refund.updated.clover", RefundState.Succeeded)]
    [InlineData("refund.failed.clover", RefundState.Failed)]
    public void A_refund_is_recorded_as_its_event_has_it_without_asking_Stripe(string fixture, RefundState state)
    {
        var facts = Of(fixture);
        facts.IsForStripeToTell.ShouldBeFalse();
        Refunds(facts).ShouldBe([new RefundFact("re_3Sg89YLq7pR2xKc90WsJ8dFa", Intent, Charged, 1000, "usd", state)]);
    }

    [Theory]
    [InlineData("charge.refunded.full.clover")]
    [InlineData("charge.refunded.partial.clover")]
    [InlineData("charge.refunded.full.2024-06-20")]
    public void A_charge_tells_a_sum_so_Stripe_tells_of_which_refunds(string fixture)
    {
        var facts = Of(fixture);
        facts.IsForStripeToTell.ShouldBeTrue();
        Refunds(facts).ShouldBeEmpty("until Stripe was asked");
        var told = facts with { Refunds = [Told("re_1", 300, "succeeded"), Told("re_2", 100, "canceled")] };
        Refunds(told).ShouldBe(
            [new RefundFact("re_1", Intent, Charged, 300, "usd", RefundState.Succeeded), new RefundFact("re_2", Intent, Charged, 100, "usd", RefundState.Failed)]);
    }

    [Fact]
    public void A_charge_that_brings_its_refunds_needs_no_call_unless_there_are_more()
    {
        const string Refund = """{"id":"re_1","object":"refund","amount":400,"currency":"usd","status":"pending","charge":"ch_1","payment_intent":"pi_1","created":1766167908}""";
        var whole = Charge($$"""{"object":"list","data":[{{Refund}}],"has_more":false}""");
        whole.IsForStripeToTell.ShouldBeFalse();
        Refunds(whole).ShouldBe([new RefundFact("re_1", "pi_1", "ch_1", 400, "usd", RefundState.Pending)]);
        Charge($$"""{"object":"list","data":[{{Refund}}],"has_more":true}""").IsForStripeToTell.ShouldBeTrue();
        Charge("""{"object":"list","data":[],"has_more":false}""").IsForStripeToTell.ShouldBeTrue("a refunded charge has refunds");
    }

    [Theory]
    [InlineData("pending", RefundState.Pending)]
    [InlineData("requires_action", RefundState.Pending)]
    [InlineData("succeeded", RefundState.Succeeded)]
    [InlineData("failed", RefundState.Failed)]
    [InlineData("canceled", RefundState.Failed)]
    [InlineData("something_new", RefundState.Succeeded)]
    [InlineData(null, RefundState.Succeeded)]
    public void A_refund_s_status_is_one_of_three(string? status, RefundState state) =>
        Refunds(Of("refund.created.clover") with { Refunds = [Told("re_1", 1, status)] }).Single().State.ShouldBe(state);

    [Theory]
    [InlineData("charge.dispute.created.clover", DisputeState.Open)]
    [InlineData("charge.dispute.funds_withdrawn.clover", DisputeState.Open)]
    [InlineData("charge.dispute.closed.won.clover", DisputeState.Closed)]
    [InlineData("charge.dispute.closed.lost.clover", DisputeState.Lost)]
    public void A_dispute_is_recorded_as_its_event_has_it(string fixture, DisputeState state)
    {
        var facts = Of(fixture);
        Routes.For(facts).OfType<RecordDispute>().ShouldBe([new RecordDispute(facts.Event.Id,
            new DisputeFact("du_1SgBd2Lq7pR2xKc9Hn3rVt6C", Intent, Charged, 1000, "usd", state, facts.Event.Created.Utc))]);
        var mark = Routes.For(facts).OfType<MarkOrders>().ShouldHaveSingleItem().Facts.ShouldHaveSingleItem();
        mark.ShouldBe(new OrderMoneyFact("du_1SgBd2Lq7pR2xKc9Hn3rVt6C", Intent, 1000, "usd", state switch
        {
            DisputeState.Lost => OrderMoneyState.DisputeLost,
            DisputeState.Closed => OrderMoneyState.DisputeClosed,
            _ => OrderMoneyState.Disputed,
        }, facts.Event.Created.Utc));
    }

    [Theory]
    [InlineData("warning_needs_response", 0, DisputeState.Inquiry)]
    [InlineData("warning_under_review", 0, DisputeState.Inquiry)]
    [InlineData("warning_closed", 0, DisputeState.Closed)]
    [InlineData("needs_response", -1000, DisputeState.Open)]
    [InlineData("under_review", -1000, DisputeState.Open)]
    [InlineData("appeal_under_review", -1000, DisputeState.Open)]
    [InlineData("something_new", 0, DisputeState.Open)]
    [InlineData("prevented", 0, DisputeState.Closed)]
    [InlineData("prevented", -1000, DisputeState.Lost)] // the bank took the money without asking
    public void A_dispute_s_status_is_one_of_four(string status, long moved, DisputeState state) => Dispute(status, moved).State.ShouldBe(state);

    [Theory]
    [InlineData("refund.created", """{"id":"re_1","object":"refund","amount":1,"currency":"usd","status":"succeeded","charge":"ch_1","created":1}""")]
    [InlineData("charge.refunded", """{"id":"ch_1","object":"charge","amount":1,"amount_refunded":1,"currency":"usd","created":1,"livemode":false}""")]
    [InlineData("charge.dispute.created", """{"id":"du_1","object":"dispute","amount":1,"currency":"usd","status":"lost","charge":"ch_1","created":1,"livemode":false}""")]
    public void What_has_no_payment_intent_is_no_sale_of_ours(string type, string about) => Routes.For(Read(type, about)).ShouldBeEmpty();

    [Theory]
    [InlineData("charge.refunded.full.clover", "suite")]
    [InlineData("refund.created.clover", "suite")]
    [InlineData("charge.dispute.created.clover", "suite")]
    [InlineData("checkout.session.completed.payment.clover", "suite")]
    public void The_metadata_of_whatever_it_is_about_says_whose_it_is(string fixture, string key)
    {
        var body = Encoding.UTF8.GetString(Contracts.Event(fixture));
        var node = System.Text.Json.Nodes.JsonNode.Parse(body)!;
        node["data"]!["object"]!["metadata"]![key] = "other";
        new EventFacts(StripeEventReader.Read(Encoding.UTF8.GetBytes(node.ToJsonString()))).Metadata[key].ShouldBe("other");
    }

    // Orders hear the same as credits do, unless there is nothing to hear.
    private static IReadOnlyList<RefundFact> Refunds(EventFacts facts)
    {
        var steps = Routes.For(facts);
        var refunds = steps.OfType<RecordRefunds>().ShouldHaveSingleItem().Refunds;
        steps.OfType<MarkOrders>().SelectMany(m => m.Facts).ShouldBe(refunds.Select(r => new OrderMoneyFact(r.Id, r.PaymentIntentId, r.AmountMinor, r.Currency, r.State switch
        {
            RefundState.Pending => OrderMoneyState.RefundPending,
            RefundState.Failed => OrderMoneyState.RefundFailed,
            _ => OrderMoneyState.Refunded,
        }, DateTimeOffset.UnixEpoch)));
        steps.OfType<MarkOrders>().Count().ShouldBe(facts.Refunds is { Count: 0 } ? 0 : 1);
        return refunds;
    }

    private static DisputeFact Dispute(string status, long moved) => ((RecordDispute)Routes.For(Read("charge.dispute.updated", $$"""
        {"id":"du_1","object":"dispute","amount":1000,"currency":"usd","status":"{{status}}","charge":"ch_1","payment_intent":"pi_1","created":1,"livemode":false,
         "balance_transactions":[{"id":"txn_1","object":"balance_transaction","amount":{{moved}},"fee":0,"currency":"usd"}] }
        """)).First()).Dispute;

    private static Refund Told(string id, long amount, string? status) =>
        new() { Id = id, Amount = amount, Currency = "usd", Status = status, ChargeId = Charged, PaymentIntentId = Intent, Created = DateTime.UnixEpoch };

    private static EventFacts Charge(string refunds) => Read("charge.refunded", $$"""
        {"id":"ch_1","object":"charge","amount":1000,"amount_refunded":400,"currency":"usd","payment_intent":"pi_1","created":1,"livemode":false,"refunds":{{refunds}} }
        """);

    private static EventFacts Read(string type, string about) => new(StripeEventReader.Read(Encoding.UTF8.GetBytes(
        $$"""{"id":"evt_1","object":"event","api_version":"2025-12-15.clover","type":"{{type}}","created":1766167913,"livemode":false,"data":{"object":{{about}} } }""")));

    private static EventFacts Of(string fixture) => new(StripeEventReader.Read(Contracts.Event(fixture)));
}
