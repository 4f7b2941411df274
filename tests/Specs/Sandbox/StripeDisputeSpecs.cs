using BillingMonolith.Host.Neighbours;
using BillingMonolith.Sandbox;
using Stripe;

namespace BillingMonolith.Specs.Sandbox;

/// <summary>What buyers dispute and how it ends, as the product's client reads it.</summary>
public sealed class StripeDisputeSpecs
{
    private const string Created = EventTypes.ChargeDisputeCreated;
    private const string Updated = EventTypes.ChargeDisputeUpdated;
    private const string Withdrawn = EventTypes.ChargeDisputeFundsWithdrawn;
    private const string Reinstated = EventTypes.ChargeDisputeFundsReinstated;
    private const string Closed = EventTypes.ChargeDisputeClosed;

    [Theory]
    [InlineData(true, DisputeStatuses.Won, new[] { Updated, Reinstated, Closed }, new long[] { -1000, 1000 })]
    [InlineData(false, DisputeStatuses.Lost, new[] { Updated, Closed }, new long[] { -1000 })]
    public async Task A_chargeback_takes_the_money_and_gives_it_back_when_it_is_won(bool won, string status, string[] types, long[] moved)
    {
        await using var world = await StripeWorld.StartAsync();
        var paid = Paid(world);
        var id = world.Stripe.Dispute(paid);
        world.Types.Skip(3).ShouldBe([Created, Withdrawn]);
        var opened = (Dispute)world.Read(Created).Single().Data.Object;
        (opened.Id, opened.Status, opened.Amount, opened.IsChargeRefundable).ShouldBe((id, DisputeStatuses.NeedsResponse, 1000, false));
        opened.PaymentIntentId.ShouldBe(world.Stripe.Read(paid).Text("payment_intent"));
        world.Stripe.Read(opened.ChargeId!).Flag("disputed").ShouldBeTrue();

        world.Stripe.CloseDispute(id, won);

        world.Types.Skip(5).ShouldBe(types);
        var closed = world.Read(Closed).Single();
        ((Dispute)closed.Data.Object).Status.ShouldBe(status);
        world.Previous(Closed).Single().Select(p => p.Key).ShouldBe(["status"]);
        var disputes = new DisputeService(world.Client);
        (await disputes.GetAsync(id)).BalanceTransactions.Select(t => t.Amount).ShouldBe(moved);
        (await disputes.ListAsync(new DisputeListOptions { PaymentIntent = opened.PaymentIntentId })).Single().Status.ShouldBe(status);
        (await Should.ThrowAsync<StripeException>(() => disputes.ListAsync(new DisputeListOptions { Charge = "ch_other" })))
            .StripeError!.Param.ShouldBe("charge");
        Should.Throw<StripeFault>(() => world.Stripe.CloseDispute(id, won));
    }

    [Fact]
    public async Task An_inquiry_moves_no_money_until_it_is_escalated()
    {
        await using var world = await StripeWorld.StartAsync();
        var (asked, insisted) = (world.Stripe.Dispute(Paid(world), inquiry: true), world.Stripe.Dispute(Paid(world), 400, inquiry: true));
        world.Types.Count(t => t == Withdrawn).ShouldBe(0);
        world.Stripe.CloseDispute(asked, won: false);
        world.Stripe.EscalateInquiry(insisted);

        var disputes = new DisputeService(world.Client);
        var closed = await disputes.GetAsync(asked);
        (closed.Status, closed.BalanceTransactions.Count, closed.IsChargeRefundable).ShouldBe((DisputeStatuses.WarningClosed, 0, true));
        var taken = (Dispute)world.Read(Withdrawn).Single().Data.Object;
        (taken.Id, taken.Status, taken.BalanceTransactions.Single().Amount).ShouldBe((insisted, DisputeStatuses.NeedsResponse, -400));
        Should.Throw<StripeFault>(() => world.Stripe.EscalateInquiry(insisted));
    }

    [Fact]
    public async Task A_charge_that_was_charged_back_cannot_be_refunded_but_a_refunded_one_can_be_charged_back()
    {
        await using var world = await StripeWorld.StartAsync();
        var paid = Paid(world);
        world.Stripe.Refund(paid, 300);
        var dispute = world.Stripe.Dispute(paid);
        (await new DisputeService(world.Client).GetAsync(dispute)).Amount.ShouldBe(1000);
        Should.Throw<StripeFault>(() => world.Stripe.Refund(paid)).Code.ShouldBe("charge_disputed");
        world.Stripe.CloseDispute(dispute, won: true);
        world.Stripe.Refund(paid).ShouldStartWith("re_");
        Should.Throw<StripeFault>(() => world.Stripe.Dispute(paid, 1001));
    }

    private static string Paid(StripeWorld world)
    {
        var id = world.Stripe.OpenPackSession(StripeWorld.Ada, "starter");
        world.Stripe.Pay(id);
        return id;
    }
}
