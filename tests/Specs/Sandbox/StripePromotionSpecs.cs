using BillingMonolith.Host.Neighbours;
using BillingMonolith.Sandbox;
using Stripe;
using Stripe.Checkout;

namespace BillingMonolith.Specs.Sandbox;

/// <summary>Promotion codes: typed on the page, taken off the price.</summary>
public sealed class StripePromotionSpecs
{
    [Fact]
    public async Task A_code_typed_on_the_page_lowers_the_price_and_can_be_taken_back()
    {
        await using var world = await StripeWorld.StartAsync();
        var id = world.Stripe.OpenPackSession(StripeWorld.Ada, "starter");
        (await PageAsync(world, id)).ShouldContain("Promotion code");
        using var applied = await world.ClickAsync($"/c/pay/{id}/code", ("promotion_code", " save20 "));
        ((int)applied.StatusCode).ShouldBe(303);
        var page = await PageAsync(world, id);
        page.ShouldContain("20 % off");
        page.ShouldContain("−$2.00");
        page.ShouldContain("Pay $8.00");
        using var removed = await world.ClickAsync($"/c/pay/{id}/code", ("promotion_code", ""));
        (await PageAsync(world, id)).ShouldContain("Pay $10.00");
        using var again = await world.ClickAsync($"/c/pay/{id}/code", ("promotion_code", "SAVE20"));
        using var paid = await world.ClickAsync($"/c/pay/{id}/pay");

        var told = (Session)world.Read(EventTypes.CheckoutSessionCompleted).Single().Data.Object;
        (told.AmountSubtotal, told.TotalDetails.AmountDiscount, told.AmountTotal, told.PaymentStatus).ShouldBe((1000, 200, 800, PaymentStatuses.Paid));
        var code = (await world.CallAsync("GET", "/v1/promotion_codes", "code=SAVE20")).Body.Data().Single();
        (await new SessionService(world.Client).GetAsync(id)).Discounts.Select(d => (d.CouponId, d.PromotionCodeId)).ShouldBe([(null!, code.Name("id"))]);
        code.Whole("times_redeemed").ShouldBe(1);
        (await new PaymentIntentService(world.Client).GetAsync(told.PaymentIntentId!)).Amount.ShouldBe(800);
    }

    [Fact]
    public async Task A_code_that_does_not_work_is_said_at_its_field()
    {
        await using var world = await StripeWorld.StartAsync();
        var id = world.Stripe.OpenPackSession(StripeWorld.Ada, "starter");
        using var answer = await world.ClickAsync($"/c/pay/{id}/code", ("promotion_code", "NO<b>"));
        ((int)answer.StatusCode).ShouldBe(400);
        var page = await answer.Content.ReadAsStringAsync();
        page.ShouldContain("This code is invalid.");
        page.ShouldContain("aria-invalid");
        page.ShouldContain("NO&lt;b&gt;");
        world.Stripe.Read(id).Whole("amount_total").ShouldBe(1000);
    }

    [Fact]
    public async Task With_all_taken_off_there_is_no_payment()
    {
        await using var world = await StripeWorld.StartAsync();
        var id = world.Stripe.OpenPackSession(StripeWorld.Ada, "standard");
        using var applied = await world.ClickAsync($"/c/pay/{id}/code", ("promotion_code", "FREE100"));
        (await PageAsync(world, id)).ShouldContain("Complete order");
        using var done = await world.ClickAsync($"/c/pay/{id}/pay");

        var session = await new SessionService(world.Client).GetAsync(id);
        (session.PaymentStatus, session.AmountTotal, session.AmountSubtotal).ShouldBe((PaymentStatuses.NoPaymentRequired, 0, 4500));
        session.PaymentIntentId.ShouldBeNull();
        world.Types.ShouldBe([EventTypes.CheckoutSessionCompleted]);
    }

    [Fact]
    public async Task An_amount_is_taken_off_in_proportion_and_never_more_than_the_price()
    {
        await using var world = await StripeWorld.StartAsync();
        world.Stripe.AddPromotionCode("MINUS1", amountOffMinor: 100);
        world.Stripe.AddPromotionCode("MINUS1000", amountOffMinor: 100_000);
        var (starter, pro) = (world.Stripe.Prices["credits_starter"].Name("id"), world.Stripe.Prices["credits_pro"].Name("id"));
        var form = $"mode=payment&success_url=https://a.test&allow_promotion_codes=true&line_items[0][price]={starter}&line_items[1][price]={pro}";
        var some = world.Stripe.Open(form);
        world.Stripe.Pay(some, promotionCode: "MINUS1");
        var items = await new SessionLineItemService(world.Client).ListAsync(some);
        items.Select(i => i.AmountTotal).ShouldBe([1000 - 11, 8000 - 89]);
        world.Stripe.Read(some).Whole("amount_total").ShouldBe(8900);
        var all = world.Stripe.Open(form);
        world.Stripe.Pay(all, promotionCode: "minus1000");
        world.Stripe.Read(all).Whole("amount_total").ShouldBe(0);
    }

    [Fact]
    public async Task The_first_invoice_of_a_subscription_is_discounted()
    {
        await using var world = await StripeWorld.StartAsync();
        var id = world.Stripe.OpenPlanSession(StripeWorld.Ada, "starter", "monthly");
        world.Stripe.Pay(id, promotionCode: "SAVE20");
        var invoice = (Invoice)world.Read(EventTypes.InvoicePaid).Single().Data.Object;
        (invoice.AmountSettled, world.Stripe.Read(id).Whole("amount_total")).ShouldBe((1520, 1520));
    }

    [Fact]
    public async Task A_code_works_as_often_as_long_and_where_it_is_meant_to()
    {
        await using var world = await StripeWorld.StartAsync();
        var (_, coupon, _) = await world.CallAsync("POST", "/v1/coupons", "percent_off=12.5&duration=once");
        var soon = world.Clock.GetUtcNow().AddDays(1).ToUnixTimeSeconds();
        var (_, made, _) = await world.CallAsync("POST", "/v1/promotion_codes",
            $"promotion[type]=coupon&promotion[coupon]={coupon.Text("id")}&code=ONCE&max_redemptions=1&expires_at={soon}");
        made["promotion"]!.Text("coupon").ShouldBe(coupon.Text("id"));
        world.Stripe.Pay(Pack(world), promotionCode: "ONCE");
        Refused(world, "ONCE");

        await world.CallAsync("POST", "/v1/promotion_codes", $"promotion[type]=coupon&promotion[coupon]={coupon.Text("id")}&code=SOON&expires_at={soon}");
        world.Clock.Advance(TimeSpan.FromDays(2));
        Refused(world, "SOON").ShouldContain("expired");
        world.Stripe.AddPromotionCode("EURO", amountOffMinor: 100, currency: "eur");
        Refused(world, "EURO").ShouldContain("currency");
        var off = world.Stripe.AddPromotionCode("OFF", percentOff: 5);
        (await world.CallAsync("POST", $"/v1/promotion_codes/{off}", "active=false")).Body.Flag("active").ShouldBeFalse();
        Refused(world, "OFF");
        var closed = world.Stripe.Open($"mode=payment&success_url=https://a.test&line_items[0][price]={world.Stripe.Prices["credits_pro"].Name("id")}");
        Should.Throw<StripeFault>(() => world.Stripe.Pay(closed, promotionCode: "SAVE20"));
        (await world.CallAsync("POST", "/v1/coupons", "percent_off=101")).Status.ShouldBe(400);
        (await world.CallAsync("POST", "/v1/coupons", "percent_off=5&amount_off=5&currency=usd")).Status.ShouldBe(400);
    }

    private static string Pack(StripeWorld world) => world.Stripe.OpenPackSession(StripeWorld.Ada, "pro");

    private static string Refused(StripeWorld world, string code) =>
        Should.Throw<StripeFault>(() => world.Stripe.Pay(Pack(world), promotionCode: code)).Message;

    private static Task<string> PageAsync(StripeWorld world, string id) => world.Http.GetStringAsync($"/c/pay/{id}");
}
