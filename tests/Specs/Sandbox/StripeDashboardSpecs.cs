using BillingMonolith.Host.Neighbours;
using BillingMonolith.Sandbox;
using Stripe;

namespace BillingMonolith.Specs.Sandbox;

/// <summary>The dashboard's buttons: what support and the banks do to a payment.</summary>
public sealed class StripeDashboardSpecs
{
    [Fact]
    public async Task A_payment_is_refunded_in_part_disputed_and_its_refund_fails_at_the_press_of_a_button()
    {
        await using var world = await StripeWorld.StartAsync();
        var session = world.Stripe.OpenPackSession(StripeWorld.Ada, "starter");
        world.Stripe.Pay(session);
        var intent = await new PaymentIntentService(world.Client).GetAsync(world.Stripe.Read(session).Name("payment_intent"));
        await PressAsync(world, "refund", ("paid", intent.LatestChargeId!), ("amount", "3.50"));
        var refund = (await new RefundService(world.Client).ListAsync(new RefundListOptions { PaymentIntent = intent.Id })).Single();
        refund.Amount.ShouldBe(350);
        (await world.Http.GetStringAsync("/")).ShouldContain("partly refunded");
        await PressAsync(world, "fail-refund", ("refund", refund.Id));
        await PressAsync(world, "dispute", ("paid", intent.LatestChargeId!), ("inquiry", "yes"));
        var dispute = (await new DisputeService(world.Client).ListAsync(new DisputeListOptions { PaymentIntent = intent.Id })).Single();
        await PressAsync(world, "escalate", ("dispute", dispute.Id));
        await PressAsync(world, "close-dispute", ("dispute", dispute.Id), ("won", "true"));
        await PressAsync(world, "refund", ("paid", intent.LatestChargeId!));
        world.Stripe.Read(intent.LatestChargeId!).Whole("amount_refunded").ShouldBe(1000);
        world.Types.ShouldContain(EventTypes.ChargeDisputeFundsReinstated);
        using var wrong = await world.ClickAsync("/dashboard/refund", ("paid", intent.LatestChargeId!), ("amount", "ten"));
        (await wrong.Content.ReadAsStringAsync()).ShouldContain("is not an amount");
    }

    [Fact]
    public async Task A_saved_card_is_made_to_refuse()
    {
        await using var world = await StripeWorld.StartAsync();
        var customer = (await new CustomerService(world.Client).CreateAsync(new CustomerCreateOptions { Email = "ada@example.test" })).Id;
        var card = world.Stripe.SaveCard(customer);
        (await world.Http.GetStringAsync("/")).ShouldContain("•••• 4242");
        await PressAsync(world, "behave", ("card", card), ("as", "NeedsAuthentication"));
        var refused = await Should.ThrowAsync<StripeException>(() => new PaymentIntentService(world.Client).CreateAsync(new PaymentIntentCreateOptions
        {
            Amount = 1000, Currency = "usd", Customer = customer, PaymentMethod = card, Confirm = true, OffSession = true,
        }));
        refused.StripeError!.Code.ShouldBe(ErrorCodes.AuthenticationRequired);
    }

    private static async Task PressAsync(StripeWorld world, string action, params (string Name, string Value)[] fields)
    {
        using var answer = await world.ClickAsync($"/dashboard/{action}", fields);
        ((int)answer.StatusCode).ShouldBe(303);
    }
}
