using System.Globalization;

namespace BillingMonolith.Sandbox;

// What everybody but the product does to the account: buyers, support, the banks.
internal sealed partial class StripeStandIn
{
    /// <summary>A session as the shop opens it for a credit pack; answers its id.</summary>
    public string OpenPackSession(ShopUser user, string packageCode) => Open(StripeShop.PackForm(user, packageCode, Url, PriceOf($"credits_{packageCode}")));

    /// <summary>A session as the shop opens it for a plan; <paramref name="cycle"/> is monthly or yearly.</summary>
    public string OpenPlanSession(ShopUser user, string tier, string cycle) => Open(StripeShop.PlanForm(user, tier, cycle, Url, PriceOf($"{tier}_{cycle}")));

    /// <summary>Where the shop's orders lead to after paying: the product's page, when there is one.</summary>
    public string? OrdersReturnTo { get; set; }

    /// <summary>A session as a shop opens it for work that is done for the buyer; <paramref name="user"/> null = a guest.</summary>
    public string OpenDfySession(ShopUser? user, string plan, string? term = null) =>
        Open(StripeOrderForms.Dfy(user, plan, term, OrderSuccess, Url + "/shop"));

    /// <summary>A session as a shop opens it for a cart.</summary>
    public string OpenCartSession(ShopUser? user, string? cartId = null, params IReadOnlyList<(string Name, long PriceMinor, int Quantity)> goods) =>
        Open(StripeOrderForms.Cart(user, cartId ?? store.Do(() => store.NewId("cart_", 10)), goods.Count == 0 ? StripeOrderForms.Goods : goods,
            OrderSuccess, Url + "/shop"));

    private string OrderSuccess => $"{OrdersReturnTo ?? Url + "/shop/thanks"}?session_id={{CHECKOUT_SESSION_ID}}";

    /// <summary>A session from any form of <c>POST /v1/checkout/sessions</c>.</summary>
    public string Open(string form) => store.Do(() => sessions.Create(StripeForm.Parse(form)).Name("id"));

    public void Pay(string sessionId, StripeBuyer? buyer = null, string? promotionCode = null) =>
        store.Do(() => checkout.Pay(sessionId, StripePayment.Now, buyer, promotionCode));

    public void PayLater(string sessionId, StripeBuyer? buyer = null) => store.Do(() => checkout.Pay(sessionId, StripePayment.Later, buyer));

    public void PayWithFullCoupon(string sessionId, StripeBuyer? buyer = null) => Pay(sessionId, buyer, StripePromotions.Free);

    /// <summary>A code that takes a share or an amount off; answers its id, <c>promo_…</c></summary>
    public string AddPromotionCode(string code, decimal? percentOff = null, long? amountOffMinor = null, string currency = "usd") =>
        store.Do(() => promotions.Add(code, percentOff, amountOffMinor, currency).Name("id"));

    /// <summary>The money of a delayed payment arrives, or does not.</summary>
    public void Settle(string sessionId, bool ok) => store.Do(() => checkout.Settle(sessionId, ok));

    public void Expire(string sessionId) => store.Do(() => checkout.Expire(sessionId));

    /// <summary>To another price, now, prorated on the next invoice.</summary>
    public void ChangePlan(string subscriptionId, string lookupKey) => store.Do(() =>
    {
        var item = store.Find("subscription", subscriptionId)["items"]!["data"]![0]!.Name("id");
        subscriptions.Update(subscriptionId, StripeForm.Parse($"items[0][id]={item}&items[0][price]={catalogue.ByLookupKey(lookupKey).Name("id")}"));
    });

    public void CancelAtPeriodEnd(string subscriptionId, bool cancel = true) => store.Do(() =>
        subscriptions.Update(subscriptionId, StripeForm.Parse($"cancel_at_period_end={(cancel ? "true" : "false")}")));

    public void Cancel(string subscriptionId) => store.Do(() => subscriptions.Cancel(subscriptionId, new StripeForm()));

    /// <summary>From the next renewal on the card is declined: past_due, tried again every three days.</summary>
    public void BreakCard(string subscriptionId, bool broken = true) => store.Do(() => renewals.BreakCard(subscriptionId, broken));

    /// <summary>Refunds a payment, all that is left or a part; answers the refund's id.</summary>
    /// <param name="paid">The session, payment intent, invoice or charge.</param>
    /// <param name="amountMinor">Null = all that is left.</param>
    /// <param name="pending">The money is on its way until <see cref="SettleRefund"/> or <see cref="FailRefund"/>.</param>
    public string Refund(string paid, long? amountMinor = null, bool pending = false) => store.Do(() =>
    {
        var charge = payments.ChargeOf(paid).Name("id");
        var amount = amountMinor is { } minor ? string.Create(CultureInfo.InvariantCulture, $"&amount={minor}") : "";
        return refunds.Create(StripeForm.Parse($"charge={charge}&reason=requested_by_customer{amount}"), pending).Name("id");
    });

    public void SettleRefund(string refundId) => store.Do(() => refunds.Settle(refundId));

    public void FailRefund(string refundId) => store.Do(() => refunds.Fail(refundId));

    /// <summary>The buyer goes to their bank; answers the dispute's id.</summary>
    /// <param name="paid">The session, payment intent, invoice or charge.</param>
    /// <param name="amountMinor">Null = all of the charge.</param>
    /// <param name="inquiry">The bank only asks: no money moves.</param>
    public string Dispute(string paid, long? amountMinor = null, bool inquiry = false) =>
        store.Do(() => disputes.Open(payments.ChargeOf(paid), amountMinor, inquiry).Name("id"));

    /// <summary>The bank insists: the inquiry becomes a chargeback.</summary>
    public void EscalateInquiry(string disputeId) => store.Do(() => disputes.Escalate(disputeId));

    /// <summary>The bank decides; an inquiry is closed either way.</summary>
    public void CloseDispute(string disputeId, bool won) => store.Do(() => disputes.Close(disputeId, won));

    /// <summary>A card of the customer's, kept for later payments; answers its id.</summary>
    public string SaveCard(string customerId) => store.Do(() => methods.Card(store.Find("customer", customerId).Name("id")).Name("id"));

    /// <summary>How payments with a saved card go from now on.</summary>
    public void CardBehaves(string paymentMethodId, StripeCard behaviour) => store.Do(() => methods.Behaves(paymentMethodId, behaviour));
}
