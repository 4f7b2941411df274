using System.Text.Json.Nodes;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Sandbox;
using Stripe;
using Stripe.Checkout;

namespace BillingMonolith.Specs.Sandbox;

/// <summary>Cards that a customer keeps, and payments without the customer: our client against the stand-in.</summary>
public sealed class StripeSavedCardSpecs
{
    [Theory]
    [InlineData("off_session", 1)]
    [InlineData(null, 0)]
    public async Task A_checkout_keeps_the_card_when_it_is_asked_to(string? futureUsage, int kept)
    {
        await using var world = await StripeWorld.StartAsync();
        var customer = await CustomerAsync(world);
        var session = await new SessionService(world.Client).CreateAsync(new SessionCreateOptions
        {
            Mode = SessionModes.Payment,
            SuccessUrl = "https://shop.test/ok",
            Customer = customer,
            LineItems = [new() { Price = world.Stripe.Prices["credits_starter"].Name("id"), Quantity = 1 }],
            PaymentIntentData = new() { SetupFutureUsage = futureUsage, Metadata = Notes("user_id", "u1") },
            SavedPaymentMethodOptions = new() { AllowRedisplayFilters = ["always", "limited"], PaymentMethodSave = "enabled" },
            AllowPromotionCodes = true,
            ExpiresAt = world.Clock.GetUtcNow().AddHours(1).UtcDateTime,
        });
        world.Stripe.Pay(session.Id);

        var cards = await new PaymentMethodService(world.Client).ListAsync(new PaymentMethodListOptions { Customer = customer, Type = "card" });
        cards.Data.Count.ShouldBe(kept);
        if (kept == 1) (cards.Data[0].Card.Brand, cards.Data[0].Card.Last4, cards.Data[0].Card.ExpMonth, cards.Data[0].Card.ExpYear).ShouldBe(("visa", "4242", 12, 2034));
        var paid = (await new SessionService(world.Client).ListAsync(new SessionListOptions { Customer = customer })).Single();
        var intent = await new PaymentIntentService(world.Client).GetAsync(paid.PaymentIntentId!);
        intent.Metadata["user_id"].ShouldBe("u1");
        (await new PaymentMethodService(world.Client).GetAsync(intent.PaymentMethodId!)).CustomerId.ShouldBe(kept == 1 ? customer : null);
    }

    [Fact]
    public async Task A_good_card_pays_while_its_owner_is_away_and_once_for_one_key()
    {
        await using var world = await StripeWorld.StartAsync();
        var customer = await CustomerAsync(world);
        var card = world.Stripe.SaveCard(customer);
        var intents = new PaymentIntentService(world.Client);
        var key = new RequestOptions { IdempotencyKey = "top-up-1" };

        var paid = await intents.CreateAsync(TopUp(customer, card), key);
        (await intents.CreateAsync(TopUp(customer, card), key)).Id.ShouldBe(paid.Id);

        (paid.Status, paid.AmountReceived, paid.PaymentMethodId).ShouldBe((PaymentIntentStatuses.Succeeded, 1000, card));
        (await intents.ListAsync(new PaymentIntentListOptions { Customer = customer })).Single().Id.ShouldBe(paid.Id);
        world.Types.ShouldBe([EventTypes.PaymentIntentSucceeded, "charge.succeeded"]);
        var told = (PaymentIntent)world.Read(EventTypes.PaymentIntentSucceeded).Single().Data.Object;
        told.Metadata["top_up_id"].ShouldBe("t1");
        var charge = (Charge)world.Read("charge.succeeded").Single().Data.Object;
        (charge.Id, charge.PaymentIntentId, charge.Amount).ShouldBe((paid.LatestChargeId!, paid.Id, 1000));
    }

    [Theory]
    [InlineData("Declined", "card_declined", "generic_decline")]
    [InlineData("NeedsAuthentication", "authentication_required", "authentication_required")]
    public async Task A_refusal_names_its_reason_and_its_payment_and_a_repeat_is_the_same(string behaviour, string code, string declineCode)
    {
        await using var world = await StripeWorld.StartAsync();
        var customer = await CustomerAsync(world);
        var card = world.Stripe.SaveCard(customer);
        world.Stripe.CardBehaves(card, Enum.Parse<StripeCard>(behaviour));
        var intents = new PaymentIntentService(world.Client);
        var key = new RequestOptions { IdempotencyKey = "top-up-1" };

        var refused = await Should.ThrowAsync<StripeException>(() => intents.CreateAsync(TopUp(customer, card), key));

        refused.IsCardError.ShouldBeTrue();
        refused.IsTransient.ShouldBeFalse();
        ((int)refused.HttpStatusCode!, refused.StripeError!.Code, refused.StripeError.DeclineCode).ShouldBe((402, code, declineCode));
        var intent = await intents.GetAsync(refused.StripeError.PaymentIntent.Id);
        (intent.Status, intent.LatestChargeId, intent.PaymentMethodId).ShouldBe((PaymentIntentStatuses.RequiresPaymentMethod, null, null));
        intent.LastPaymentError!.Code.ShouldBe(code);
        world.Types.ShouldBe([EventTypes.PaymentIntentPaymentFailed]);
        ((PaymentIntent)world.Read(EventTypes.PaymentIntentPaymentFailed).Single().Data.Object).LastPaymentError!.DeclineCode.ShouldBe(declineCode);

        world.Stripe.CardBehaves(card, StripeCard.Good);
        var again = await Should.ThrowAsync<StripeException>(() => intents.CreateAsync(TopUp(customer, card), key));
        again.StripeError!.PaymentIntent.Id.ShouldBe(intent.Id, "the key remembers what came of it");
        (await intents.CreateAsync(TopUp(customer, card))).Status.ShouldBe(PaymentIntentStatuses.Succeeded);
    }

    [Theory]
    [InlineData("amount=1000&currency=usd&customer={customer}&payment_method={card}&off_session=true&confirm=true&offsession=1", "parameter_unknown", "offsession")]
    [InlineData("amount=1000&currency=usd&customer={customer}&payment_method={card}&off_session=true", null, "off_session")]
    [InlineData("amount=0&currency=usd", "parameter_invalid_integer", "amount")]
    [InlineData("amount=49&currency=usd", "amount_too_small", "amount")]
    [InlineData("amount=1000&currency=usd&payment_method={card}&confirm=true", null, "payment_method")]
    [InlineData("amount=1000&currency=usd&customer={customer}&payment_method={detached}&confirm=true", null, "payment_method")]
    [InlineData("amount=1000&currency=usd&customer={customer}&confirm=true", "payment_intent_unexpected_state", null)]
    public async Task What_cannot_be_paid_is_refused(string form, string? code, string? param)
    {
        await using var world = await StripeWorld.StartAsync();
        var customer = await CustomerAsync(world);
        var (card, detached) = (world.Stripe.SaveCard(customer), world.Stripe.SaveCard(customer));
        (await world.CallAsync("POST", $"/v1/payment_methods/{detached}/detach")).Status.ShouldBe(200);
        (await world.CallAsync("GET", $"/v1/customers/{customer}/payment_methods", "type=card")).Body.Data().Single().Text("id").ShouldBe(card);

        var sent = form.Replace("{customer}", customer).Replace("{card}", card).Replace("{detached}", detached);
        var (status, body, _) = await world.CallAsync("POST", "/v1/payment_intents", sent);

        status.ShouldBe(400);
        (body["error"]!.Text("code"), body["error"]!.Text("param")).ShouldBe((code, param));
        world.Types.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_error_body_carries_the_whole_payment_intent()
    {
        await using var world = await StripeWorld.StartAsync();
        var customer = await CustomerAsync(world);
        var card = world.Stripe.SaveCard(customer);
        world.Stripe.CardBehaves(card, StripeCard.Declined);
        var (_, body, _) = await world.CallAsync("POST", "/v1/payment_intents",
            $"amount=1000&currency=usd&customer={customer}&payment_method={card}&off_session=true&confirm=true&metadata[a]=b");
        JsonNode error = body["error"]!;
        (error.Text("type"), error["payment_intent"]!.Text("status")).ShouldBe(("card_error", "requires_payment_method"));
        error["payment_intent"]!["metadata"]!.Text("a").ShouldBe("b");
        error["payment_method"]!.Text("id").ShouldBe(card);
    }

    private static async Task<string> CustomerAsync(StripeWorld world) =>
        (await new CustomerService(world.Client).CreateAsync(new CustomerCreateOptions { Email = "ada@example.test" })).Id;

    private static PaymentIntentCreateOptions TopUp(string customer, string card) => new()
    {
        Amount = 1000,
        Currency = "usd",
        Customer = customer,
        PaymentMethod = card,
        OffSession = true,
        Confirm = true,
        Description = "Starter Pack",
        Metadata = Notes("top_up_id", "t1"),
    };

    private static Dictionary<string, string> Notes(string key, string value) => new(StringComparer.Ordinal) { [key] = value };
}
