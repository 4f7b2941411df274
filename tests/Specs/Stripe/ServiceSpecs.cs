using System.Runtime.InteropServices;
using System.Text;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Reconcile;
using BillingMonolith.Host.Webhook;
using Stripe;
using Stripe.Checkout;

namespace BillingMonolith.Specs.StripeNeighbour;

/// <summary>What each service sends and reads.</summary>
public class ServiceSpecs
{
    private const string Subscription = """
        {"id":"sub_1","object":"subscription","status":"active","customer":"cus_1","created":1,"livemode":false,"items":{"object":"list","data":[]}}
        """;

    private const string Price = """{"id":"price_1","object":"price","currency":"usd","unit_amount":1000,"product":"prod_1","active":true}""";

    [Fact]
    public async Task A_session_is_made_with_brackets()
    {
        await using var stripe = await StripeStub.StartAsync(StripeStub.Json("""
            {"id":"cs_1","object":"checkout.session","mode":"subscription","payment_status":"unpaid","status":"open","url":"https://pay",
             "created":1,"livemode":false}
            """));
        var session = await new SessionService(stripe.Client).CreateAsync(new SessionCreateOptions
        {
            Mode = SessionModes.Subscription,
            SuccessUrl = "https://a/?s={CHECKOUT_SESSION_ID}&x=1",
            LineItems =
            [
                new() { Price = "price_1", Quantity = 1 },
                new() { Quantity = 2, PriceData = new() { Currency = "usd", UnitAmount = 1000, ProductData = new() { Name = "Zoë + co" } } },
            ],
            Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["user_id"] = "u 1", ["CamelCase"] = "" },
            SubscriptionData = new() { Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["k"] = "v" } },
            AllowPromotionCodes = true,
            ExpiresAt = DateTime.UnixEpoch.AddSeconds(1766254218),
            ShippingAddressCollection = new() { AllowedCountries = ["GB", "DE"] },
            Expand = ["subscription", "line_items"],
        });
        session.Url.ShouldBe("https://pay");

        var sent = stripe.Received.Single().Body;
        sent.ShouldContain("success_url=https%3A%2F%2Fa%2F%3Fs%3D%7BCHECKOUT_SESSION_ID%7D%26x%3D1");
        sent.ShouldContain("Zo%C3%AB+%2B+co");
        sent.Split('&').Select(System.Net.WebUtility.UrlDecode).OfType<string>().Where(p => !p.StartsWith("success_url", StringComparison.Ordinal)).ShouldBe(
        [
            "mode=subscription", "line_items[0][price]=price_1", "line_items[0][quantity]=1",
            "line_items[1][price_data][currency]=usd", "line_items[1][price_data][unit_amount]=1000", "line_items[1][price_data][product_data][name]=Zoë + co",
            "line_items[1][quantity]=2", "metadata[user_id]=u 1", "metadata[CamelCase]=", "subscription_data[metadata][k]=v", "allow_promotion_codes=true",
            "expires_at=1766254218", "shipping_address_collection[allowed_countries][0]=GB", "shipping_address_collection[allowed_countries][1]=DE",
            "expand[0]=subscription", "expand[1]=line_items",
        ], ignoreOrder: true);
    }

    [Fact]
    public async Task A_subscription_says_when_Stripe_said_so()
    {
        var dated = StripeStub.Json(Subscription, 200, ("Date", "Fri, 20 Nov 2026 12:00:00 GMT"));
        var page = StripeStub.Json($$"""{"object":"list","data":[{{Subscription}}],"has_more":false}""", 200, ("Date", "Fri, 20 Nov 2026 12:00:00 GMT"));
        await using var stripe = await StripeStub.StartAsync(dated, dated, dated, page);
        var service = new SubscriptionService(stripe.Client);
        var at = new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

        (await service.GetAsync("sub_1")).AsOf.ShouldBe(at);
        (await service.UpdateAsync("sub_1", new SubscriptionUpdateOptions
        {
            CancelAtPeriodEnd = false, Items = [new() { Id = "si_1", Price = "price_2", Deleted = true }],
        })).AsOf.ShouldBe(at);
        (await service.CancelAsync("sub_1", new SubscriptionCancelOptions { Prorate = true })).AsOf.ShouldBe(at);
        (await service.ListAsync(new SubscriptionListOptions { Customer = "cus_1", Status = "all", Limit = 100 })).Single().AsOf.ShouldBe(at);

        Sent(stripe).ShouldBe(
        [
            "GET /v1/subscriptions/sub_1 ",
            "POST /v1/subscriptions/sub_1 cancel_at_period_end=false&items[0][deleted]=true&items[0][id]=si_1&items[0][price]=price_2",
            "DELETE /v1/subscriptions/sub_1?prorate=true ",
            "GET /v1/subscriptions?customer=cus_1&status=all&limit=100 ",
        ]);
    }

    [Fact]
    public async Task Events_are_listed_as_bytes_that_read_like_those_of_a_webhook()
    {
        const string First = """{"id":"evt_2", "object":"event","type":"a","created":2,"livemode":false,"data":{"object":{}}}""";
        await using var stripe = await StripeStub.StartAsync(StripeStub.Json(
            $$"""{"object":"list","data":[{{First}},{"id":"evt_1","odd":true}],"has_more":true}"""));
        var list = new EventListOptions
        {
            Types = [EventTypes.InvoicePaid, EventTypes.RefundCreated], Created = new DateRangeOptions { GreaterThanOrEqual = DateTime.UnixEpoch.AddSeconds(5) },
            DeliverySuccess = false, StartingAfter = "evt_9",
        };
        var page = await stripe.Client.RequestAsync<EventPage>(HttpMethod.Get, "/v1/events", list, null, CancellationToken.None);

        page.HasMore.ShouldBeTrue();
        page.Data.Select(e => e.GetProperty("id").GetString()).ShouldBe(["evt_2", "evt_1"]);
        var payload = JsonMarshal.GetRawUtf8Value(page.Data[0]);
        Encoding.UTF8.GetString(payload).ShouldBe(First);
        EnvelopeScan.TryScan(payload, out var envelope).ShouldBeTrue();
        envelope.Id.ShouldBe("evt_2");
        Sent(stripe).Single().ShouldBe(
            "GET /v1/events?created[gte]=5&delivery_success=false&types[0]=invoice.paid&types[1]=refund.created&starting_after=evt_9 ");
    }

    [Fact]
    public async Task Catalogue_customers_invoices_and_line_items()
    {
        await using var stripe = await StripeStub.StartAsync(
            StripeStub.Json($$"""{"data":[{{Price}}],"has_more":false}"""),
            StripeStub.Json(Price),
            StripeStub.Json("""{"id":"pack","object":"product","name":"Pack","active":true}"""),
            StripeStub.Json("""{"id":"pack","object":"product","name":"Pack","active":false}"""),
            StripeStub.Json("""{"data":[],"has_more":false}"""),
            StripeStub.Json("""{"id":"cus_1","object":"customer","deleted":true}"""),
            StripeStub.Json("""{"id":"in_1","object":"invoice","amount_paid":1,"amount_due":1,"currency":"usd","created":1,"livemode":false}"""),
            StripeStub.Json($$"""{"data":[{"id":"li_1","amount_subtotal":2,"amount_total":1,"currency":"usd","price":{{Price}}}],"has_more":false}"""));
        var (prices, products, customers) = (new PriceService(stripe.Client), new ProductService(stripe.Client), new CustomerService(stripe.Client));

        (await prices.ListAsync(new PriceListOptions { LookupKeys = ["a", "b"], Active = true })).Single().UnitAmount.ShouldBe(1000);
        await prices.CreateAsync(new PriceCreateOptions
        {
            Product = "pack", Currency = "usd", UnitAmount = 1900, LookupKey = "starter_monthly", TransferLookupKey = true,
            Recurring = new() { Interval = "month" },
        });
        (await products.CreateAsync(new ProductCreateOptions { Id = "pack", Name = "Pack" })).Active.ShouldBeTrue();
        (await products.UpdateAsync("pack", new ProductUpdateOptions { Active = false, Description = "" })).Active.ShouldBeFalse();
        (await customers.ListAsync(new CustomerListOptions { Email = "a+b@c.d" })).ShouldBeEmpty();
        (await customers.GetAsync("cus_1")).Deleted.ShouldBe(true);
        (await new InvoiceService(stripe.Client).GetAsync("in_1", new InvoiceGetOptions { Expand = ["payments"] })).AmountSettled.ShouldBe(1);
        var lines = await new SessionLineItemService(stripe.Client).ListAsync("cs_1", new SessionLineItemListOptions { Limit = 100 });
        lines.Single().Price!.ProductId.ShouldBe("prod_1");

        Sent(stripe).ShouldBe(
        [
            "GET /v1/prices?active=true&lookup_keys[0]=a&lookup_keys[1]=b ",
            "POST /v1/prices currency=usd&lookup_key=starter_monthly&product=pack&recurring[interval]=month&transfer_lookup_key=true&unit_amount=1900",
            "POST /v1/products id=pack&name=Pack",
            "POST /v1/products/pack active=false&description=",
            "GET /v1/customers?email=a+b@c.d ",
            "GET /v1/customers/cus_1 ",
            "GET /v1/invoices/in_1?expand[0]=payments ",
            "GET /v1/checkout/sessions/cs_1/line_items?limit=100 ",
        ]);
        stripe.Received.ElementAt(4).Target.ShouldContain("a%2Bb%40c.d");
    }

    private static List<string> Sent(StripeStub stripe) =>
        [.. stripe.Received.Select(r => $"{r.Method} {Uri.UnescapeDataString(r.Target)} {Uri.UnescapeDataString(r.Body)}")];
}
