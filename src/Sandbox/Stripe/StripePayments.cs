using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>Payment intents and their charges.</summary>
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

    /// <summary>The charge that paid a session, in either mode.</summary>
    public JsonObject ChargeOf(JsonObject session)
    {
        var intent = session.Text("payment_intent") ?? store.PaidWith.GetValueOrDefault(session.Text("invoice") ?? "");
        return store.Find("charge", store.TryFind(intent)?.Text("latest_charge"), "payment_intent");
    }

    /// <summary>The charge behind the id of a session, a payment intent, an invoice or itself.</summary>
    public JsonObject ChargeOf(string id) => store.TryFind(id) switch
    {
        { } session when session.Name("object") == "checkout.session" => ChargeOf(session),
        { } intent when intent.Name("object") == "payment_intent" => store.Find("charge", intent.Text("latest_charge"), "payment_intent"),
        { } invoice when invoice.Name("object") == "invoice" => ChargeOf(store.PaidWith.GetValueOrDefault(id) ?? ""),
        _ => store.Find("charge", id),
    };
}
