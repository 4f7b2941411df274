using System.Text;
using BillingMonolith.Host.Neighbours;
using Stripe;
using Stripe.Checkout;

namespace BillingMonolith.Specs.StripeNeighbour;

/// <summary>What the reader refuses, with the place in its message, and what it takes as it comes. No contract files needed.</summary>
public class ReaderSpecs
{
    private const string Session = """
        "id":"cs_1","object":"checkout.session","mode":"payment","payment_status":"paid","created":1766167818,"livemode":false
        """;

    private const string Item = """{"id":"si_1","price":{"id":"price_1","currency":"usd"},"current_period_start":100,"current_period_end":200}""";

    private const string Invoice = """
        "id":"in_1","object":"invoice","amount_paid":0,"amount_due":900,"currency":"usd","created":1,"livemode":false
        """;

    [Theory]
    [InlineData(""" "amount_total":"9900" """, "data.object.amount_total should be an integer, and is string.")]
    [InlineData(""" "amount_total":99.5 """, "data.object.amount_total should be an integer, and is the number 99.5.")]
    [InlineData(""" "amount_total":9900.0 """, "data.object.amount_total should be an integer, and is the number 9900.0.")]
    [InlineData(""" "amount_total":1e3 """, "data.object.amount_total should be an integer, and is the number 1e3.")]
    [InlineData(""" "amount_total":9223372036854775808 """, "data.object.amount_total should be an integer, and is the number 9223372036854775808.")]
    [InlineData(""" "total_details":{"amount_discount":true} """, "data.object.total_details.amount_discount should be an integer, and is true.")]
    [InlineData(""" "metadata":{"a":1} """, "data.object.metadata.a should be a string, and is the number 1.")]
    [InlineData(""" "metadata":[] """, "data.object.metadata should be an object, and is array.")]
    [InlineData(""" "customer":7 """, "data.object.customer should be a string, and is the number 7.")]
    [InlineData(""" "customer":"cus\u0000" """, "data.object.customer should be an id of printable ASCII characters, 255 at most.")]
    [InlineData(""" "customer":{"object":"customer"} """, "data.object.customer.id is missing.")]
    [InlineData(""" "url":"\ud800" """, "data.object.url is not valid Unicode text.")]
    [InlineData(""" "expires_at":-1 """, "data.object.expires_at should be a time in unix seconds.")]
    [InlineData(""" "expires_at":5000000001 """, "data.object.expires_at should be a time in unix seconds.")] // Stripe.net would read 1970
    [InlineData(""" "expires_at":253402300800 """, "data.object.expires_at should be a time in unix seconds.")]
    [InlineData(""" "line_items":{"data":[{"id":"li_1","amount_subtotal":1,"currency":"usd"}]} """, "data.object.line_items.data[0].amount_total is missing.")]
    public void A_wrong_member_is_named_with_its_place(string member, string message) =>
        Should.Throw<StripeEventException>(() => Read($"{Session},{member}")).Message.ShouldBe(message);

    [Theory]
    [InlineData("mode")]
    [InlineData("payment_status")]
    [InlineData("created")]
    [InlineData("livemode")]
    [InlineData("id")]
    public void A_missing_member_is_named(string name) =>
        Should.Throw<StripeEventException>(() => Read(Session.Replace($"\"{name}\"", "\"gone\"", StringComparison.Ordinal)))
            .Message.ShouldBe($"data.object.{name} is missing.");

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"object":"event"}""")]
    [InlineData("""{"object":"event","object":"event"}""")]
    [InlineData("""{"object":"event","id":"evt_1","type":"a","created":1,"livemode":false,"data":{}}""")]
    [InlineData("""{"object":"event","id":"evt_1","type":"a","created":1,"livemode":false,"data":{"object":[]}}""")]
    [InlineData("""{"object":"event","id":"evt_1","type":"a","created":1,"livemode":"false","data":{"object":{}}}""")]
    [InlineData("""{"detail":{"object":"event","id":"evt_1"}}""")]
    public void What_is_no_snapshot_event_is_refused(string body) =>
        Should.Throw<StripeEventException>(() => StripeEventReader.Read(Encoding.UTF8.GetBytes(body)));

    [Theory]
    [InlineData(""" "currency_conversion":{"fx_rate":"1e99"} """)]
    [InlineData(""" "currency_conversion":{"fx_rate":"","amount_total":1} """)]
    [InlineData(""" "payment_intent":{"id":"pi_1","object":"payment_intent","source":{}} """)]
    [InlineData(""" "after_expiration":{"recovery":{"expires_at":9999999999999999}} """)]
    public void A_member_that_nobody_looks_at_cannot_make_an_event_unreadable(string member) =>
        ((Session)Read($"{Session},{member}")!).PaymentStatus.ShouldBe("paid");

    [Fact]
    public Task What_is_read_to_be_warm_can_be_read() => StripeWarmUp.DoneAsync();

    [Fact]
    public void Bytes_that_are_not_text_are_refused()
    {
        byte[] body = [.. "{\"object\":\"event\",\"id\":\"evt_"u8, 0xFF, .. "\"}"u8];
        Should.Throw<StripeEventException>(() => StripeEventReader.Read(body));
        byte[] name = [.. "{\"object\":\"event\",\""u8, 0xFF, .. "\":1}"u8];
        Should.Throw<StripeEventException>(() => StripeEventReader.Read(name));
        Should.Throw<StripeEventException>(() => Read(Session + ""","metadata":{"\ud800":"a"}"""));
    }

    [Fact]
    public void A_member_that_stands_twice_is_refused() =>
        Should.Throw<StripeEventException>(() => Read($$"""{{Session}},"amount_total":1,"amount_total":2""")).Message.ShouldContain("amount_total");

    [Fact]
    public void Depth_over_64_is_refused() =>
        Should.Throw<StripeEventException>(() => Read($"{Session},\"x\":{new string('[', 63)}{new string(']', 63)}")).Message.ShouldContain("64");

    [Fact]
    public void An_object_of_another_kind_than_the_type_says_is_refused() =>
        Should.Throw<StripeEventException>(() => Read(Session, "invoice.paid"))
            .Message.ShouldBe("data.object.object should be \"invoice\" in an event of the type invoice.paid.");

    [Fact]
    public void Unknown_members_values_and_kinds_are_no_errors()
    {
        ((Session)Read(Session.Replace("\"paid\"", "\"in_kind\"", StringComparison.Ordinal) + ",\"new\":{\"a\":[1]}")!).PaymentStatus.ShouldBe("in_kind");
        Read("""  "object":"treasury.something","amount":"lots" """, "treasury.something.created").ShouldBeNull();
        Read("""  "object":"invoice","amount_due":1 """, EventTypes.InvoiceUpcoming).ShouldBeNull();
    }

    [Fact]
    public void Expanded_members_are_ids_and_objects()
    {
        var session = (Session)Read($$"""
            {{Session}},"customer":{"id":"cus_1","object":"customer","deleted":true},"payment_intent":{"id":"pi_1","object":"payment_intent"},
            "invoice":{"id":"in_1","object":"invoice"},"subscription":
            {"id":"sub_1","status":"active","customer":"cus_1","created":1,"livemode":false,"items":{"data":[{{Item}}],"has_more":true} }
            """)!;
        (session.CustomerId, session.PaymentIntentId, session.InvoiceId, session.SubscriptionId).ShouldBe(("cus_1", "pi_1", "in_1", "sub_1"));
        session.Subscription!.CurrentPeriodEnd.ShouldBe(DateTimeOffset.FromUnixTimeSeconds(200));
        session.Subscription.Items.HasMore.ShouldBeTrue();
    }

    [Theory]
    [InlineData(""" "shipping_details":{"name":"Ada","address":{"line1":"1 Road"}} """)]
    [InlineData(""" "collected_information":{"shipping_details":{"name":"Ada","address":{"line1":"1 Road"}}},"shipping_details":null """)]
    public void Shipping_stands_in_two_places(string members) =>
        ((Session)Read($"{Session},{members}")!).ShippingDetails.ShouldSatisfyAllConditions(
            to => to!.Name.ShouldBe("Ada"), to => to!.Address.Line1.ShouldBe("1 Road"));

    [Fact]
    public void The_period_of_a_subscription_is_that_of_the_item_that_ends_last()
    {
        const string Later = """{"id":"si_2","price":{"id":"price_1","currency":"usd"},"current_period_start":150,"current_period_end":300}""";
        var subscription = (Subscription)Read(SubscriptionOf($"{Item},{Later}"), EventTypes.CustomerSubscriptionUpdated)!;
        subscription.CurrentPeriodStart.ShouldBe(DateTimeOffset.FromUnixTimeSeconds(150));
        subscription.CurrentPeriodEnd.ShouldBe(DateTimeOffset.FromUnixTimeSeconds(300));
    }

    [Fact]
    public void A_subscription_without_a_period_anywhere_is_refused() =>
        Should.Throw<StripeEventException>(() => Read(
                SubscriptionOf("""{"id":"si_1","price":{"id":"price_1","currency":"usd"}}"""), EventTypes.CustomerSubscriptionUpdated))
            .Path.ShouldBe("data.object.items.data[0].current_period_start");

    [Theory]
    [InlineData(""" "paid":true,"paid_out_of_band":true """, 900)]
    [InlineData(""" "status":"paid" """, 0)]
    public void An_invoice_says_paid_in_two_ways(string members, long paid)
    {
        var invoice = (Invoice)Read($"{Invoice},{members}", EventTypes.InvoicePaid)!;
        (invoice.IsPaid, invoice.AmountSettled).ShouldBe((true, paid));
    }

    [Theory]
    [InlineData(""" "parent":null """)]
    [InlineData(""" "parent":{"type":"quote_details","quote_details":{"quote":"qt_1"},"subscription_details":null} """)]
    public void An_invoice_can_be_for_no_subscription(string members)
    {
        var invoice = (Invoice)Read($"{Invoice},{members}", EventTypes.InvoicePaid)!;
        invoice.SubscriptionId.ShouldBeNull();
        invoice.SubscriptionMetadata.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(""" "proration":true,"subscription_item":"si_1","price":{"id":"price_1","product":"prod_1"},"tax_amounts":[{"amount":3}] """)]
    [InlineData("""
        "parent":{"invoice_item_details":{"proration":true,"subscription_item":"si_1"}},"taxes":[{"amount":3}],
        "pricing":{"price_details":{"price":"price_1","product":"prod_1"}}
        """)]
    public void An_invoice_line_has_two_shapes(string members)
    {
        var lines = $$""" "lines":{"data":[{"id":"il_1","amount":5,"currency":"usd",{{members}} }]} """;
        var line = ((Invoice)Read($"{Invoice},{lines}", EventTypes.InvoicePaid)!).Lines.Data[0];
        line.PriceId.ShouldBe("price_1");
    }

    private static string SubscriptionOf(string items) => $$"""
        "id":"sub_1","object":"subscription","status":"active","customer":"cus_1","created":1,"livemode":false,"items":{"data":[{{items}}]}
        """;

    private static IHasObject? Read(string members, string type = EventTypes.CheckoutSessionCompleted) => StripeEventReader.Read(Encoding.UTF8.GetBytes(
        $$"""{"object":"event","id":"evt_1","type":"{{type}}","created":1,"livemode":false,"data":{"object":{ {{members}} } } }""")).Data.Object;
}
