using System.Text;
using System.Text.Json;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Routing;
using BillingMonolith.Orders;

namespace BillingMonolith.Specs.HostRoom;

/// <summary>The routes of orders: which sessions are one, and what of them is kept.</summary>
public sealed class OrderRoutesSpecs
{
    private const string Dfy = """ "mode":"dfy","plan":"professional" """;
    private const string Cart = """ "cart_id":"cart_1" """;
    private const string Completed = "checkout.session.completed";
    private const string Succeeded = "checkout.session.async_payment_succeeded";

    [Theory]
    [InlineData(Completed, "paid", Dfy, true)]
    [InlineData(Completed, "no_payment_required", Dfy, true)]
    [InlineData(Completed, "unpaid", Dfy, false)] // waits for the money
    [InlineData(Succeeded, "paid", Dfy, true)]
    [InlineData("checkout.session.async_payment_failed", "unpaid", Dfy, false)] // there is no order that could fail
    [InlineData("checkout.session.expired", "unpaid", Cart, false)]
    [InlineData(Completed, "paid", Cart, true)]
    [InlineData(Completed, "paid", """ "mode":"subscription","plan":"professional" """, false)] // somebody else's sale
    [InlineData(Completed, "paid", """ "mode":"dfy","package_code":"starter" """, false)] // a pack, whatever else it says
    public void A_session_is_an_order_once_it_is_paid(string type, string paymentStatus, string metadata, bool isOrder)
    {
        var steps = Routes.For(Session(type, paymentStatus, metadata));
        steps.OfType<PlaceOrder>().Count().ShouldBe(isOrder ? 1 : 0);
        steps.Count(s => s.GetType().Name == "SettlePurchase").ShouldBe(metadata.Contains("package_code", StringComparison.Ordinal) ? 1 : 0);
    }

    [Fact]
    public void Stripe_is_asked_for_what_no_event_says_of_an_order_and_for_nothing_else()
    {
        Session(Completed, "paid", Cart).IsForStripeToTell.ShouldBeTrue();
        Session(Completed, "paid", Dfy).IsForStripeToTell.ShouldBeTrue();
        Session(Completed, "paid", """ "package_code":"starter" """).IsForStripeToTell.ShouldBeFalse();
    }

    [Theory]
    [InlineData(""" "mode":"dfy","plan":"professional" """, "PROFESSIONAL")]
    [InlineData(""" "mode":"dfy","plan":"growth","term":"yearly" """, "GROWTH_YEARLY")]
    [InlineData(""" "mode":"dfy","term":"yearly" """, null)]
    [InlineData(""" "mode":"dfy","plan":"" """, null)]
    public void The_tier_is_the_plan_and_the_term(string metadata, string? tier) => Placed(Session(Completed, "paid", metadata)).Tier.ShouldBe(tier);

    [Theory]
    [InlineData(""" "client_reference_id":"ada", """, """ "cart_id":"cart_1" """, "ada")]
    [InlineData(""" "client_reference_id":"cart_1", """, """ "cart_id":"cart_1" """, null)] // some shops know the cart by it
    [InlineData(""" "client_reference_id":"cart_1", """, """ "cart_id":"cart_1","user_id":"ada" """, "ada")]
    [InlineData("", """ "cart_id":"cart_1","user_id":"ada" """, "ada")]
    [InlineData("", """ "cart_id":"cart_1" """, null)]
    public void The_buyer_is_whom_the_shop_names_and_a_cart_is_nobody(string member, string metadata, string? user) =>
        OrderSale.ClaimedUser(Session(Completed, "paid", metadata, member).Session!).ShouldBe(user);

    /// <summary>Where the goods go stands in one place until API 2025-03-31, and in another since then.</summary>
    [Theory]
    [InlineData(""" "shipping_details":{"name":"Ada L.","address":{"line1":"12 St James's Square","city":"London","postal_code":"SW1Y 4JH","country":"GB"}}, """)]
    [InlineData(""" "collected_information":{"shipping_details":{"name":"Ada L.","address":{"line1":"12 St James's Square","city":"London","postal_code":"SW1Y 4JH","country":"GB"}}}, """)]
    public void A_cart_keeps_what_was_sold_and_where_it_goes(string shipping)
    {
        const string Lines = """
             "line_items":{"object":"list","has_more":false,"data":[
               {"id":"li_1","object":"item","description":"Notebook","quantity":2,"amount_subtotal":2400,"amount_total":2200,"currency":"usd",
                "price":{"id":"price_1","object":"price","currency":"usd","product":"prod_1","unit_amount":1200,"active":true,"livemode":false,"metadata":{} } }]},
            """;
        var placed = Placed(Session(Completed, "paid", Cart, shipping + Lines));
        JsonSerializer.Serialize(placed).ShouldBe(JsonSerializer.Serialize(new PlaceOrder("evt_1", "cs_1")
        {
            CustomerId = "cus_1",
            CustomerEmail = "typed@example.com",
            CustomerName = "Ada",
            CartId = "cart_1",
            Items = [new OrderItem("Notebook", 2, 2400, 2200, "price_1", "prod_1")],
            Shipping = new OrderShipping("Ada L.", "+44 1", "12 St James's Square", null, "London", null, "SW1Y 4JH", "GB"),
            AmountMinor = 2500,
            Currency = "usd",
            StripePaymentIntentId = "pi_1",
        }));
    }

    private static PlaceOrder Placed(EventFacts facts) => Routes.For(facts).ShouldHaveSingleItem().ShouldBeOfType<PlaceOrder>();

    private static EventFacts Session(string type, string paymentStatus, string metadata, string members = "") => new(StripeEventReader.Read(Encoding.UTF8.GetBytes($$$"""
        {"id":"evt_1","object":"event","api_version":"2025-12-15.clover","type":"{{{type}}}","created":1766167913,"livemode":false,"data":{"object":
          {"id":"cs_1","object":"checkout.session","mode":"payment","payment_status":"{{{paymentStatus}}}","status":"{{{(type.EndsWith("expired", StringComparison.Ordinal) ? "expired" : "complete")}}}",
           "customer":"cus_1","created":1766167908,"livemode":false,{{{members}}}"payment_intent":"pi_1","metadata":{{{{metadata}}}},
           "customer_details":{"email":"typed@example.com","name":"Ada","phone":"+44 1"},"amount_subtotal":2400,"amount_total":2500,"currency":"usd"} } }
        """)));
}
