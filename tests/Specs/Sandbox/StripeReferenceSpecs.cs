using BillingMonolith.Sandbox;

namespace BillingMonolith.Specs.Sandbox;

/// <summary>What refers to what: an id that does not exist, a customer who is gone, a price that its product stands on.</summary>
public sealed class StripeReferenceSpecs
{
    [Theory]
    [InlineData("POST", "/v1/checkout/sessions", "mode=payment&success_url=https://a.test&line_items[0][price]=price_x", "line_items[0][price]")]
    [InlineData("POST", "/v1/checkout/sessions", "mode=payment&success_url=https://a.test&line_items[0][price]=price_x&customer=cus_x", "customer")]
    [InlineData("GET", "/v1/checkout/sessions", "payment_intent=pi_x", "payment_intent")]
    [InlineData("GET", "/v1/checkout/sessions", "customer=cus_x", "customer")]
    [InlineData("GET", "/v1/checkout/sessions", "subscription=sub_x", "subscription")]
    [InlineData("GET", "/v1/subscriptions", "customer=cus_x&status=all", "customer")]
    [InlineData("GET", "/v1/subscriptions", "price=price_x", "price")]
    [InlineData("GET", "/v1/invoices", "subscription=sub_x", "subscription")]
    [InlineData("GET", "/v1/invoice_payments", "invoice=in_x", "invoice")]
    [InlineData("GET", "/v1/invoice_payments", "payment[type]=payment_intent&payment[payment_intent]=pi_x", "payment[payment_intent]")]
    [InlineData("GET", "/v1/payment_intents", "customer=cus_x", "customer")]
    [InlineData("GET", "/v1/payment_methods", "customer=cus_x", "customer")]
    [InlineData("GET", "/v1/prices", "product=prod_x", "product")]
    [InlineData("GET", "/v1/refunds", "charge=ch_x", "charge")]
    [InlineData("GET", "/v1/disputes", "payment_intent=pi_x", "payment_intent")]
    [InlineData("GET", "/v1/promotion_codes", "coupon=x", "coupon")]
    [InlineData("POST", "/v1/prices", "currency=usd&unit_amount=1&product=prod_x", "product")]
    [InlineData("POST", "/v1/refunds", "payment_intent=pi_x", "payment_intent")]
    [InlineData("POST", "/v1/payment_intents", "amount=100&currency=usd&customer=cus_x", "customer")]
    [InlineData("POST", "/v1/subscription_schedules", "from_subscription=sub_x", "from_subscription")]
    [InlineData("POST", "/v1/invoices/create_preview", "subscription=sub_x", "subscription")]
    [InlineData("POST", "/v1/billing_portal/sessions", "customer=cus_x", "customer")]
    public async Task An_id_that_does_not_exist_is_a_bad_request_that_names_its_parameter(string method, string path, string form, string param)
    {
        await using var world = await StripeWorld.StartAsync();
        var (status, answer, _) = await world.CallAsync(method, path, form);
        (status, answer["error"]!.Text("code"), answer["error"]!.Text("param")).ShouldBe((400, "resource_missing", param));
    }

    [Theory]
    [InlineData("/v1/customers/cus_x")]
    [InlineData("/v1/payment_intents/pi_x")]
    [InlineData("/v1/customers/cus_x/payment_methods")]
    public async Task An_id_of_the_path_that_does_not_exist_is_not_found(string path)
    {
        await using var world = await StripeWorld.StartAsync();
        var (status, answer, _) = await world.CallAsync("GET", path);
        (status, answer["error"]!.Text("code"), answer["error"]!.Text("param")).ShouldBe((404, "resource_missing", "id"));
    }

    [Fact]
    public async Task A_price_on_which_its_product_stands_is_not_archived_before_another_takes_its_place()
    {
        await using var world = await StripeWorld.StartAsync();
        var price = world.Stripe.Prices["starter_monthly"];
        var (product, id) = (price["product"]!.Name("id"), price.Name("id"));
        price["product"]!.Text("default_price").ShouldBe(id);
        var (status, refused, _) = await world.CallAsync("POST", $"/v1/prices/{id}", "active=false");
        (status, refused["error"]!.Text("message")).ShouldBe((400, "This price cannot be archived because it is the default price of its product."));
        world.Stripe.Read(id).Flag("active").ShouldBeTrue();
        var other = (await world.CallAsync("POST", "/v1/prices", $"product={product}&currency=usd&unit_amount=2900&recurring[interval]=month")).Body.Name("id");
        var elsewhere = await world.CallAsync("POST", $"/v1/products/{product}", $"default_price={world.Stripe.Prices["credits_pro"].Name("id")}");
        (elsewhere.Status, elsewhere.Body["error"]!.Text("param")).ShouldBe((400, "default_price"));
        (await world.CallAsync("POST", $"/v1/products/{product}", $"default_price={other}")).Status.ShouldBe(200);
        (await world.CallAsync("POST", $"/v1/prices/{id}", "active=false")).Body.Flag("active").ShouldBeFalse();
    }

    [Fact]
    public async Task A_lookup_key_is_one_prices_and_is_transferred_on_request()
    {
        await using var world = await StripeWorld.StartAsync();
        var (holder, other) = (world.Stripe.Prices["starter_monthly"].Name("id"), world.Stripe.Prices["starter_yearly"].Name("id"));
        var (status, refused, _) = await world.CallAsync("POST", $"/v1/prices/{other}", "lookup_key=starter_monthly");
        (status, refused["error"]!.Text("param")).ShouldBe((400, "lookup_key"));
        (await world.CallAsync("POST", $"/v1/prices/{holder}", "lookup_key=starter_monthly")).Status.ShouldBe(200, "its own");
        var (_, taken, _) = await world.CallAsync("POST", $"/v1/prices/{other}", "lookup_key=starter_monthly&transfer_lookup_key=true");
        (taken.Text("lookup_key"), world.Stripe.Read(holder).Text("lookup_key")).ShouldBe(("starter_monthly", null));
    }

    [Fact]
    public async Task An_ended_subscription_can_be_written_on_and_nothing_more()
    {
        await using var world = await StripeWorld.StartAsync();
        var session = world.Stripe.OpenPlanSession(StripeWorld.Ada, "starter", "monthly");
        world.Stripe.Pay(session);
        var path = $"/v1/subscriptions/{world.Stripe.SubscriptionOf(session)}";
        await world.CallAsync("DELETE", path);
        (await world.CallAsync("POST", path, "metadata[seen]=yes")).Body["metadata"]!.Text("seen").ShouldBe("yes");
        (await world.CallAsync("POST", path, "metadata[seen]=no&cancel_at_period_end=true")).Status.ShouldBe(400);
        (await world.CallAsync("GET", path)).Body["metadata"]!.Text("seen").ShouldBe("yes");
    }

    [Fact]
    public async Task Deleting_a_customer_ends_the_subscriptions_at_once_and_the_customer_opens_nothing_more()
    {
        await using var world = await StripeWorld.StartAsync();
        var session = world.Stripe.OpenPlanSession(StripeWorld.Ada, "starter", "monthly");
        world.Stripe.Pay(session);
        var subscription = world.Stripe.SubscriptionOf(session);
        var customer = world.Stripe.Read(subscription).Name("customer");
        var (_, gone, _) = await world.CallAsync("DELETE", $"/v1/customers/{customer}");
        gone.Select(m => m.Key).ShouldBe(["id", "object", "deleted"]);
        world.Stripe.Events[^1].ShouldSatisfyAllConditions(e => e.Type.ShouldBe("customer.subscription.deleted"), e => e.ObjectId.ShouldBe(subscription));
        world.Stripe.Read(subscription).Text("status").ShouldBe("canceled");

        (await world.CallAsync("GET", $"/v1/customers/{customer}")).Body.Flag("deleted").ShouldBeTrue();
        (await world.CallAsync("DELETE", $"/v1/customers/{customer}")).Status.ShouldBe(404);
        (await world.CallAsync("GET", $"/v1/subscriptions/{subscription}", "expand[]=customer")).Body["customer"]!.Flag("deleted").ShouldBeTrue();
        (await world.CallAsync("GET", "/v1/subscriptions", $"customer={customer}&status=all")).Body.Data().ShouldHaveSingleItem();
        var price = world.Stripe.Prices["credits_pro"].Name("id");
        foreach (var (path, form) in new[]
        {
            ("/v1/checkout/sessions", $"mode=payment&success_url=https://a.test&line_items[0][price]={price}&customer={customer}"),
            ("/v1/billing_portal/sessions", $"customer={customer}"), ("/v1/payment_intents", $"amount=100&currency=usd&customer={customer}"),
        })
        {
            var (status, answer, _) = await world.CallAsync("POST", path, form);
            (status, answer["error"]!.Text("code"), answer["error"]!.Text("param")).ShouldBe((400, "resource_missing", "customer"));
        }
    }

    [Fact]
    public async Task The_portal_opens_when_it_is_configured()
    {
        await using var world = await StripeWorld.StartAsync(seeded: false);
        var customer = (await world.CallAsync("POST", "/v1/customers", "email=a@b.test")).Body.Name("id");
        var (status, refused, _) = await world.CallAsync("POST", "/v1/billing_portal/sessions", $"customer={customer}");
        status.ShouldBe(400);
        refused["error"]!.Name("message").ShouldStartWith("No configuration provided and your test mode default configuration has not been created.");

        var nothing = await world.CallAsync("POST", "/v1/billing_portal/configurations", "name=Shop");
        nothing.Body["error"]!.Text("param").ShouldBe("features");
        var (_, made, _) = await world.CallAsync("POST", "/v1/billing_portal/configurations", "features[invoice_history][enabled]=true");
        (await world.CallAsync("POST", "/v1/billing_portal/sessions", $"customer={customer}")).Status.ShouldBe(400, "it is not the default");
        var (_, session, _) = await world.CallAsync("POST", "/v1/billing_portal/sessions", $"customer={customer}&configuration={made.Name("id")}");
        session.Text("configuration").ShouldBe(made.Text("id"));

        world.Stripe.SeedCatalogue();
        var listed = (await world.CallAsync("GET", "/v1/billing_portal/configurations", "is_default=true")).Body.Data().ShouldHaveSingleItem();
        (await world.CallAsync("POST", "/v1/billing_portal/sessions", $"customer={customer}")).Body.Text("configuration").ShouldBe(listed.Text("id"));
    }

    [Fact]
    public async Task A_phase_has_the_items_that_it_names_and_no_others()
    {
        await using var world = await StripeWorld.StartAsync();
        var (plan, addition, next) = (Price("starter_monthly"), Price("professional_monthly"), Price("enterprise_monthly"));
        var session = world.Stripe.Open($"mode=subscription&success_url=https://a.test&line_items[0][price]={plan}&line_items[1][price]={addition}" +
            "&line_items[1][quantity]=2");
        world.Stripe.Pay(session);
        var id = world.Stripe.SubscriptionOf(session);
        var schedule = (await world.CallAsync("POST", "/v1/subscription_schedules", $"from_subscription={id}")).Body;
        Items(schedule["phases"]![0]!).ShouldBe([(plan, 1), (addition, 2)]);
        var (start, end) = (schedule["current_phase"]!.Whole("start_date"), schedule["current_phase"]!.Whole("end_date"));
        var (status, planned, _) = await world.CallAsync("POST", $"/v1/subscription_schedules/{schedule.Name("id")}",
            $"phases[0][start_date]={start}&phases[0][end_date]={end}" +
            $"&phases[0][items][0][price]={plan}&phases[0][items][1][price]={addition}&phases[0][items][1][quantity]=2" +
            $"&phases[1][items][0][price]={addition}&phases[1][items][1][price]={next}&phases[1][duration][interval]=month");
        status.ShouldBe(200, planned.ToJsonString());
        var kept = world.Stripe.Read(id)["items"]!["data"]![1]!.Name("id");

        world.Clock.AdvanceMonths(1);
        var items = world.Stripe.Read(id)["items"]!.Data().ToList();
        items.Select(i => (i["price"]!.Name("id"), i.Whole("quantity"))).ShouldBe([(addition, 1), (next, 1)]);
        items[0].Name("id").ShouldBe(kept);
        world.Stripe.Read(world.Stripe.Read(id).Name("latest_invoice"))["lines"]!.Data().Count().ShouldBe(2);

        string Price(string key) => world.Stripe.Prices[key].Name("id");
        static IEnumerable<(string, long)> Items(System.Text.Json.Nodes.JsonNode phase) =>
            phase["items"]!.AsArray().Select(i => (i!.Name("price"), i!.Whole("quantity")));
    }
}
