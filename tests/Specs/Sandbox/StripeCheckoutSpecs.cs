using System.Text.Json.Nodes;
using BillingMonolith.Sandbox;

namespace BillingMonolith.Specs.Sandbox;

/// <summary>What customers do at the stand-in, and which events follow in which order.</summary>
public sealed class StripeCheckoutSpecs
{
    private static readonly string[] FirstSubscriptionEvents =
    [
        "customer.subscription.created", "invoice.created", "invoice.finalized", "invoice.paid", "invoice.payment_succeeded", "checkout.session.completed",
    ];

    [Fact]
    public async Task A_session_is_paid_on_its_page_and_the_customer_returns_with_its_id()
    {
        await using var world = await StripeWorld.StartAsync();
        var price = world.Stripe.Prices["credits_starter"].Text("id");
        var (_, session, _) = await world.CallAsync("POST", "/v1/checkout/sessions",
            $"mode=payment&line_items[0][price]={price}&success_url=https://shop.test/ok?s={{CHECKOUT_SESSION_ID}}" +
            "&cancel_url=https://shop.test/no&metadata[user_id]=u1");
        var page = await world.Http.GetStringAsync(session.Name("url"));
        page.ShouldContain("Starter Pack");
        page.ShouldContain("$10.00");

        using var answer = await world.ClickAsync($"/c/pay/{session.Name("id")}/pay", ("email", "bea@example.test"), ("name", "Bea <b>"));

        ((int)answer.StatusCode).ShouldBe(303);
        answer.Headers.Location!.ToString().ShouldBe($"https://shop.test/ok?s={session.Name("id")}");
        world.Types.ShouldBe(["payment_intent.succeeded", "charge.succeeded", "checkout.session.completed"]);
        world.Stripe.Events.Select(e => e.Created).Distinct().Count().ShouldBe(1);
        var paid = world.Stripe.Read(session.Name("id"));
        paid.Text("payment_status").ShouldBe("paid");
        paid["customer_details"]!.Text("email").ShouldBe("bea@example.test");
        paid["customer"].ShouldBeNull();
        (await world.Http.GetStringAsync(session.Name("url"))).ShouldContain("Payment complete");
        world.Stripe.Journal.Count(j => j.Method == "POST").ShouldBe(2);
    }

    [Fact]
    public async Task A_second_click_on_pay_pays_nothing_more()
    {
        await using var world = await StripeWorld.StartAsync();
        var id = world.Stripe.OpenPackSession(StripeWorld.Ada, "pro");
        using var first = await world.ClickAsync($"/c/pay/{id}/pay");
        using var second = await world.ClickAsync($"/c/pay/{id}/pay");
        second.Headers.Location.ShouldBe(first.Headers.Location);
        world.Types.Count(t => t == "checkout.session.completed").ShouldBe(1);
    }

    [Fact]
    public async Task A_declined_card_leaves_the_session_open()
    {
        await using var world = await StripeWorld.StartAsync();
        var id = world.Stripe.OpenPackSession(StripeWorld.Ada, "starter");
        using var answer = await world.ClickAsync($"/c/pay/{id}/fail");
        (await world.Http.GetStringAsync(answer.Headers.Location)).ShouldContain("Your card was declined");
        world.Stripe.Read(id).Text("status").ShouldBe("open");
        world.Types.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_subscription_session_makes_a_customer_a_subscription_and_a_paid_invoice()
    {
        await using var world = await StripeWorld.StartAsync();
        var id = world.Stripe.OpenPlanSession(StripeWorld.Ada, "founders-friend", "yearly");
        world.Stripe.Pay(id);
        world.Types.ShouldBe(FirstSubscriptionEvents);

        var session = world.Stripe.Read(id);
        session["payment_intent"].ShouldBeNull();
        session["metadata"]!.Text("tier_name").ShouldBe("Founders Friend");
        session["metadata"]!.AsObject().ContainsKey("suite").ShouldBeFalse();
        var subscription = world.Stripe.Read(session.Name("subscription"));
        subscription.Text("status").ShouldBe("active");
        subscription["metadata"]!.Text("user_id").ShouldBe(StripeWorld.Ada.Id);
        var item = subscription["items"]!["data"]![0]!;
        DateTimeOffset.FromUnixTimeSeconds(item.Whole("current_period_end")).ShouldBe(
            DateTimeOffset.FromUnixTimeSeconds(item.Whole("current_period_start")).AddYears(1));
        var invoice = world.Stripe.Read(session.Name("invoice"));
        (invoice.Text("billing_reason"), invoice.Whole("amount_paid"), invoice.Text("status")).ShouldBe(("subscription_create", 49000, "paid"));
        invoice["parent"]!["subscription_details"]!["metadata"]!.Text("tier_id").ShouldBe("founders-friend");
    }

    [Theory]
    [InlineData(true, "checkout.session.async_payment_succeeded", "paid")]
    [InlineData(false, "checkout.session.async_payment_failed", "unpaid")]
    public async Task A_delayed_payment_completes_unpaid_and_settles_later(bool ok, string last, string status)
    {
        await using var world = await StripeWorld.StartAsync();
        var id = world.Stripe.OpenPackSession(StripeWorld.Ada, "starter");
        using var answer = await world.ClickAsync($"/c/pay/{id}/later");
        world.Types.ShouldBe(["checkout.session.completed"]);
        world.Stripe.Read(id).Text("payment_status").ShouldBe("unpaid");
        (await world.Http.GetStringAsync("/")).ShouldContain("The bank says");

        using var settled = await world.ClickAsync("/dashboard/settle", ("session", id), ("ok", ok ? "true" : "false"));

        ((int)settled.StatusCode).ShouldBe(303);
        world.Types.Last().ShouldBe(last);
        world.Stripe.Read(id).Text("payment_status").ShouldBe(status);
    }

    [Fact]
    public async Task A_plan_change_tells_the_old_price_and_a_cancellation_can_be_undone()
    {
        await using var world = await StripeWorld.StartAsync();
        var session = world.Stripe.OpenPlanSession(StripeWorld.Ada, "starter", "monthly");
        world.Stripe.Pay(session);
        var subscription = world.Stripe.SubscriptionOf(session);
        world.Stripe.ChangePlan(subscription, "professional_monthly");
        var change = JsonNode.Parse(world.Stripe.Events[^1].Bytes())!;
        change.Text("type").ShouldBe("customer.subscription.updated");
        change["data"]!["object"]!["items"]!["data"]![0]!["price"]!.Text("lookup_key").ShouldBe("professional_monthly");
        change["data"]!["previous_attributes"]!["items"]!["data"]![0]!["price"]!.Text("lookup_key").ShouldBe("starter_monthly");

        world.Stripe.CancelAtPeriodEnd(subscription);
        world.Stripe.CancelAtPeriodEnd(subscription, cancel: false);
        world.Stripe.CancelAtPeriodEnd(subscription, cancel: false);
        world.Stripe.Cancel(subscription);
        world.Types.Skip(FirstSubscriptionEvents.Length).ShouldBe(
            ["customer.subscription.updated", "customer.subscription.updated", "customer.subscription.updated", "customer.subscription.deleted"]);
        world.Stripe.Read(subscription).Text("status").ShouldBe("canceled");
    }

    [Fact]
    public async Task The_shop_opens_a_session_and_thanks_for_it()
    {
        await using var world = await StripeWorld.StartAsync();
        (await world.Http.GetStringAsync("/shop")).ShouldContain("ada@example.test");
        using var bought = await world.ClickAsync("/shop/buy", ("user", StripeWorld.Ada.Id), ("what", "plan/professional/monthly"));
        var path = bought.Headers.Location!.AbsolutePath;
        using var paid = await world.ClickAsync($"{path}/pay");
        var thanks = await world.Http.GetStringAsync(paid.Headers.Location);
        thanks.ShouldContain("Your payment has arrived");
        thanks.ShouldContain("$49.00");
    }
}
