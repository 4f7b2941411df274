using System.Globalization;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>Payment intents, their charges and refunds.</summary>
internal sealed class StripePayments(StripeStore store, StripeEvents events)
{
    /// <summary>A payment that is under way, for a session or an invoice (<paramref name="of"/>).</summary>
    public JsonObject Begin(JsonObject of, long amountMinor, JsonObject metadata, string? method)
    {
        var id = store.NewId("pi_3", 23);
        return store.Add(StripeShapes.PaymentIntent().With(
            ("id", id), ("amount", amountMinor), ("created", store.Now), ("currency", of.Text("currency")), ("customer", of.Text("customer")),
            ("metadata", metadata.DeepClone()), ("client_secret", store.NewId(id + "_secret_")), ("payment_method", method),
            ("receipt_email", of["customer_details"]?.Text("email") ?? of.Text("customer_email"))));
    }

    public void Succeed(JsonObject intent, bool announce)
    {
        var id = store.NewId("ch_3", 23);
        var email = intent.Text("receipt_email");
        var charge = store.Add(StripeShapes.Charge().With(
            ("id", id), ("amount", intent.Whole("amount")), ("amount_captured", intent.Whole("amount")), ("created", store.Now),
            ("balance_transaction", store.NewId("txn_3", 23)), ("currency", intent.Text("currency")), ("customer", intent.Text("customer")),
            ("metadata", intent["metadata"]!.DeepClone()), ("payment_intent", intent.Text("id")), ("payment_method", intent.Text("payment_method")),
            ("description", intent.Text("description")), ("receipt_email", email), ("receipt_url", $"https://pay.stripe.com/receipts/payment/{id}")));
        charge["billing_details"]!["email"] = email;
        intent.With(("status", "succeeded"), ("amount_received", intent.Whole("amount")), ("latest_charge", id));
        if (!announce) return;
        events.Emit("payment_intent.succeeded", intent);
        events.Emit("charge.succeeded", charge);
    }

    /// <summary>The bank refuses; <paramref name="error"/> null = it returned a debit.</summary>
    public void Fail(JsonObject intent, JsonObject? error = null)
    {
        intent.With(("status", "requires_payment_method"), ("last_payment_error", error ?? new JsonObject
        {
            ["code"] = "payment_intent_payment_attempt_failed",
            ["decline_code"] = "insufficient_funds",
            ["message"] = "The customer's bank returned the debit.",
            ["type"] = "card_error",
        }));
        events.Emit("payment_intent.payment_failed", intent);
    }

    public JsonObject Refund(StripeForm form)
    {
        form.Only("amount charge metadata payment_intent reason expand");
        var charge = form.Text("charge") is { Length: > 0 } id ? store.Find("charge", id, "charge")
            : store.Find("charge", store.Find("payment_intent", form.Need("payment_intent"), "payment_intent").Text("latest_charge"), "payment_intent");
        var left = charge.Whole("amount") - charge.Whole("amount_refunded");
        var amount = form.Whole("amount") ?? left;
        if (left == 0) throw StripeFault.Bad($"Charge {charge.Text("id")} has already been refunded.", code: "charge_already_refunded");
        if (amount < 1 || amount > left)
            throw StripeFault.Bad(string.Create(CultureInfo.InvariantCulture,
                $"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"), "amount");

        var refund = store.Add(StripeShapes.Refund().With(
            ("id", store.NewId("re_3", 23)), ("amount", amount), ("balance_transaction", store.NewId("txn_3", 23)), ("charge", charge.Text("id")),
            ("created", store.Now), ("currency", charge.Text("currency")), ("metadata", form.Metadata("metadata")),
            ("payment_intent", charge.Text("payment_intent")), ("reason", form.Text("reason"))));
        events.Emit("refund.created", refund);
        events.Change("charge.refunded", charge, () => charge.With(
            ("amount_refunded", charge.Whole("amount_refunded") + amount), ("refunded", amount == left)));
        events.Change("refund.updated", refund, () => refund["destination_details"]!["card"]!.AsObject().With(
            ("reference_status", "available"), ("reference", store.NewId("", 23))));
        return refund;
    }

    /// <summary>The card's bank sends the money back: the refund is undone.</summary>
    public void FailRefund(string id)
    {
        var refund = store.Find("refund", id);
        if (refund.Name("status") == "failed") throw StripeFault.Bad("This refund has already failed.");
        var charge = store.Find("charge", refund.Text("charge"));
        charge.With(("amount_refunded", charge.Whole("amount_refunded") - refund.Whole("amount")), ("refunded", false));
        refund.With(("status", "failed"), ("failure_reason", "expired_or_canceled_card"), ("failure_balance_transaction", store.NewId("txn_3", 23)));
        events.Emit("refund.failed", refund);
    }

    /// <summary>The charge that paid a session, in either mode.</summary>
    public JsonObject ChargeOf(JsonObject session)
    {
        var intent = session.Text("payment_intent") ?? store.PaidWith.GetValueOrDefault(session.Text("invoice") ?? "");
        return store.Find("charge", store.TryFind(intent)?.Text("latest_charge"), "payment_intent");
    }

    public JsonObject ListRefunds(StripeForm form)
    {
        form.Only(StripeLists.Paging + " charge payment_intent");
        return StripeLists.Page("/v1/refunds", store.All("refund").Where(r =>
            (form.Text("charge") ?? r.Text("charge")) == r.Text("charge") &&
            (form.Text("payment_intent") ?? r.Text("payment_intent")) == r.Text("payment_intent")), form);
    }
}
