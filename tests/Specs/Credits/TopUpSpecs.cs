using BillingMonolith.Credits;
using BillingMonolith.SharedKernel;

namespace BillingMonolith.Specs.Credits;

/// <summary>When a pack is bought by itself, and what its payment leads to.</summary>
public sealed class TopUpSpecs
{
    private static readonly TopUpSettings Settings = new("u1", "starter", "usd", 100, 3000, "cus_1", "pm_1", AutoTopUp.Active, StoppedReason: null);

    private static readonly TopUpPurchase Purchase =
        new(Guid.Parse("019aa0f2-6f0e-7bb1-8a53-5b1f0a4b6f5e"), "u1", UserEmail: null, "starter", "Starter Pack", 1000, 1000, "usd", "pending",
            PaymentIntentId: null, ExpiresAfterDays: null);

    [Theory]
    [InlineData(99, 1000, 0, false, "Buy")]
    [InlineData(100, 1000, 0, false, "Nothing")] // not below
    [InlineData(0, 1000, 0, true, "Nothing")] // one at a time
    [InlineData(0, 1000, 2000, false, "Buy")] // to the very cap
    [InlineData(0, 1000, 2001, false, "OverCap")]
    [InlineData(0, 3001, 0, false, "OverCap")] // the pack has become dearer than the cap
    [InlineData(0, null, 0, false, "PackageGone")]
    [InlineData(0, null, 3000, true, "Nothing")]
    public void A_pack_is_bought_below_the_threshold_one_at_a_time_and_within_the_cap(long balance, int? price, long charged, bool open, string decision) =>
        TopUps.Decide(Settings, new TopUpFacts(balance, price, charged, open)).ToString().ShouldBe(decision);

    [Fact]
    public void What_stopped_buys_nothing() =>
        TopUps.Decide(Settings with { State = AutoTopUp.Stopped, StoppedReason = StopReasons.Declined }, new TopUpFacts(0, 1000, 0, IsOpen: false))
            .ShouldBe(TopUpDecision.Nothing);

    [Theory]
    [InlineData(2000, false)]
    [InlineData(2001, true)]
    public void A_reached_cap_is_said_with_its_numbers(long charged, bool capped)
    {
        var shown = AutoTopUp.Of(Settings, new TopUpFacts(0, 1000, charged, IsOpen: false));
        (shown.State, shown.CapReached, shown.ChargedThisMonthMinor).ShouldBe(("active", capped, charged));
        if (capped) shown.Reason!.ShouldContain("2001 of the 3000");
        else shown.Reason.ShouldBeNull();
    }

    [Fact]
    public void Every_reason_to_stop_is_explained() =>
        typeof(StopReasons).GetFields().Where(f => f.IsLiteral).Select(f => (string)f.GetValue(null)!).ShouldBe(StopReasons.Words.Keys, ignoreOrder: true);

    [Theory]
    [InlineData("Declined", "declined")]
    [InlineData("AuthenticationRequired", "authentication-required")]
    [InlineData("MethodGone", "payment-method-gone")]
    [InlineData("Refused", "payment-refused")]
    [InlineData("NeverMade", null)] // nobody's fault: the next one may go
    public void A_payment_that_was_not_made_fails_the_purchase_and_stops_for_what_a_repeat_would_not_mend(string payment, string? stops)
    {
        var settled = TopUpSettlement.Of(Step(Enum.Parse<TopUpPayment>(payment)), Purchase);
        (settled.Outcome, settled.Status, settled.StopReason).ShouldBe((Outcome.Done, "failed", stops));
        settled.FailureReason.ShouldNotBeNullOrEmpty();
        var late = TopUpSettlement.Of(Step(Enum.Parse<TopUpPayment>(payment)), Purchase with { Status = "completed", PaymentIntentId = "pi_1" });
        (late.Status, late.StopReason).ShouldBe((null, null), "what was paid stays paid");
        late.Outcome.ShouldBeOfType<Outcome.Ignored>();
    }

    [Theory]
    [InlineData("pending", true)]
    [InlineData("processing", true)]
    [InlineData("failed", true)] // money that arrived after all
    [InlineData("completed", false)]
    [InlineData("refunded", false)]
    public void Money_that_arrived_completes_the_purchase_once(string status, bool completes)
    {
        var settled = TopUpSettlement.Of(Step(TopUpPayment.Paid), Purchase with { Status = status, PaymentIntentId = "pi_1" });
        (settled.Outcome, settled.Status).ShouldBe((Outcome.Done, completes ? "completed" : null));
    }

    [Fact]
    public void A_second_payment_waits_for_a_person() =>
        TopUpSettlement.Of(Step(TopUpPayment.Paid), Purchase with { Status = "completed", PaymentIntentId = "pi_0" }).Outcome
            .ShouldBeOfType<Outcome.Parked>().Reason.ShouldContain("paid twice: by pi_0, which was granted, and by pi_1");

    [Theory]
    [InlineData(999, "usd")]
    [InlineData(1001, "usd")]
    [InlineData(1000, "eur")]
    public void What_was_received_must_be_what_was_sold(long amount, string currency)
    {
        var settled = TopUpSettlement.Of(Step(TopUpPayment.Paid) with { AmountMinor = amount, Currency = currency }, Purchase);
        settled.Outcome.ShouldBeOfType<Outcome.Parked>().Reason.ShouldContain($"paid with {amount} {currency}, but package 'starter' was sold for 1000 usd");
        settled.Status.ShouldBeNull();
    }

    [Fact]
    public void A_payment_of_no_known_purchase_waits_for_a_person() =>
        TopUpSettlement.Of(Step(TopUpPayment.Paid), purchase: null).Outcome.ShouldBeOfType<Outcome.Parked>();

    private static SettleTopUp Step(TopUpPayment payment) =>
        new("evt_1", Purchase.Id.ToString(), payment) { PaymentIntentId = "pi_1", AmountMinor = 1000, Currency = "usd" };
}
