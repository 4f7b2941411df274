using BillingMonolith.Host.Neighbours;
using BillingMonolith.Sandbox;
using Stripe;

namespace BillingMonolith.Specs.Sandbox;

/// <summary>Refunds as the product's client reads them: the same refund is told in several events.</summary>
public sealed class StripeRefundSpecs
{
    private static readonly string[] Told =
        [EventTypes.RefundCreated, EventTypes.ChargeRefunded, EventTypes.RefundUpdated, EventTypes.ChargeRefundUpdated];

    [Fact]
    public async Task A_partial_and_a_final_refund_add_up_on_the_charge()
    {
        await using var world = await StripeWorld.StartAsync();
        var paid = Paid(world);
        var (first, last) = (world.Stripe.Refund(paid, 400), world.Stripe.Refund(paid));
        world.Types.Skip(3).ShouldBe([.. Told, .. Told]);
        var told = world.Read(EventTypes.ChargeRefunded).ToList();
        told.Select(e => ((Charge)e.Data.Object).AmountRefunded).ShouldBe([400, 1000]);
        told.Select(e => ((Charge)e.Data.Object).Refunded).ShouldBe([false, true]);
        world.Previous(EventTypes.ChargeRefunded).Select(p => p.Whole("amount_refunded")).ShouldBe([0, 400]);
        world.Read(EventTypes.ChargeRefundUpdated).Select(e => ((Refund)e.Data.Object).Id).ShouldBe([first, last]);

        var refunds = new RefundService(world.Client);
        var intent = world.Stripe.Read(paid).Text("payment_intent");
        (await refunds.ListAsync(new RefundListOptions { PaymentIntent = intent })).Select(r => r.Amount).ShouldBe([600, 400]);
        (await refunds.GetAsync(first)).Status.ShouldBe(RefundStatuses.Succeeded);
        Should.Throw<StripeFault>(() => world.Stripe.Refund(paid)).Code.ShouldBe("charge_already_refunded");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_failed_refund_counts_less_on_the_charge_and_its_amount_can_be_refunded_again(bool pending)
    {
        await using var world = await StripeWorld.StartAsync();
        var paid = Paid(world);
        world.Stripe.Refund(paid, 300);
        var failing = world.Stripe.Refund(paid, 200, pending);
        world.Stripe.FailRefund(failing);

        world.Types.TakeLast(3).ShouldBe([EventTypes.RefundUpdated, EventTypes.ChargeRefundUpdated, EventTypes.RefundFailed]);
        var failed = (Refund)world.Read(EventTypes.RefundFailed).Single().Data.Object;
        (failed.Id, failed.Status, failed.FailureReason).ShouldBe((failing, RefundStatuses.Failed, "expired_or_canceled_card"));
        world.Stripe.Read(failed.ChargeId!).Whole("amount_refunded").ShouldBe(300);
        world.Stripe.Refund(paid);
        ((Charge)world.Read(EventTypes.ChargeRefunded).Last().Data.Object).AmountRefunded.ShouldBe(1000);
        Should.Throw<StripeFault>(() => world.Stripe.FailRefund(failing));
    }

    [Fact]
    public async Task A_pending_refund_arrives_later()
    {
        await using var world = await StripeWorld.StartAsync();
        var refund = world.Stripe.Refund(Paid(world), pending: true);
        world.Types.Skip(3).ShouldBe([EventTypes.RefundCreated, EventTypes.ChargeRefunded]);
        ((Refund)world.Read(EventTypes.RefundCreated).Single().Data.Object).Status.ShouldBe(RefundStatuses.Pending);

        world.Stripe.SettleRefund(refund);

        var updated = world.Read(EventTypes.RefundUpdated).Single();
        ((Refund)updated.Data.Object).Status.ShouldBe(RefundStatuses.Succeeded);
        world.Previous(EventTypes.RefundUpdated).Single().Select(p => p.Key).ShouldContain("status");
        Should.Throw<StripeFault>(() => world.Stripe.SettleRefund(refund));
    }

    [Fact]
    public async Task A_payment_without_a_session_is_refunded_and_disputed_by_its_own_id()
    {
        await using var world = await StripeWorld.StartAsync();
        var customer = await new CustomerService(world.Client).CreateAsync(new CustomerCreateOptions { Email = "ada@example.test" });
        var intent = await new PaymentIntentService(world.Client).CreateAsync(new PaymentIntentCreateOptions
        {
            Amount = 1000, Currency = "usd", Customer = customer.Id, PaymentMethod = world.Stripe.SaveCard(customer.Id), Confirm = true, OffSession = true,
        });
        world.Stripe.Refund(intent.Id, 100);
        world.Stripe.Dispute(intent.LatestChargeId!);
        var plan = world.Stripe.OpenPlanSession(StripeWorld.Ada, "starter", "monthly");
        world.Stripe.Pay(plan);
        world.Stripe.Refund(world.Stripe.Read(plan).Name("invoice"), 50);
        world.Read(EventTypes.ChargeRefunded).Select(e => ((Charge)e.Data.Object).AmountRefunded).ShouldBe([100, 50]);
    }

    private static string Paid(StripeWorld world)
    {
        var id = world.Stripe.OpenPackSession(StripeWorld.Ada, "starter");
        world.Stripe.Pay(id);
        return id;
    }
}
