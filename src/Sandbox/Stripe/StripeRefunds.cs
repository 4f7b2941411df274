using System.Globalization;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>Refunds: of all or of a part, at once or pending, and those that fail later.</summary>
internal sealed class StripeRefunds(StripeStore store, StripeEvents events)
{
    /// <param name="form">As of <c>POST /v1/refunds</c>.</param>
    /// <param name="pending">The money is on its way until <see cref="Settle"/> or <see cref="Fail"/>; the charge counts it at once.</param>
    public JsonObject Create(StripeForm form, bool pending = false)
    {
        form.Only("amount charge metadata payment_intent reason expand");
        var charge = form.Text("charge") is { Length: > 0 } id ? store.Find("charge", id, "charge")
            : store.Find("charge", store.Find("payment_intent", form.Need("payment_intent"), "payment_intent").Text("latest_charge"), "payment_intent");
        var left = charge.Whole("amount") - charge.Whole("amount_refunded");
        var amount = form.Whole("amount") ?? left;
        if (left == 0) throw StripeFault.Bad($"Charge {charge.Text("id")} has already been refunded.", code: "charge_already_refunded");
        if (IsChargedBack(charge))
            throw StripeFault.Bad($"Charge {charge.Text("id")} has been charged back; cannot issue a refund.", code: "charge_disputed");
        if (amount < 1 || amount > left)
            throw StripeFault.Bad(string.Create(CultureInfo.InvariantCulture,
                $"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"), "amount");

        var refund = store.Add(StripeShapes.Refund().With(
            ("id", store.NewId("re_3", 23)), ("amount", amount), ("balance_transaction", store.NewId("txn_3", 23)), ("charge", charge.Text("id")),
            ("created", store.Now), ("currency", charge.Text("currency")), ("customer", charge.Text("customer")), ("metadata", form.Metadata("metadata")),
            ("payment_intent", charge.Text("payment_intent")), ("payment_method", charge.Text("payment_method")),
            ("reason", form.Text("reason")), ("status", pending ? "pending" : "succeeded")));
        if (pending) refund["pending_reason"] = "processing";
        events.Emit("refund.created", refund);
        events.Change("charge.refunded", charge, () => charge.With(
            ("amount_refunded", charge.Whole("amount_refunded") + amount), ("refunded", amount == left)));
        if (!pending) Arrive(refund);
        return refund;
    }

    /// <summary>A pending refund arrives.</summary>
    public void Settle(string id)
    {
        var refund = store.Find("refund", id);
        if (refund.Name("status") != "pending") throw StripeFault.Bad("This refund is not pending.");
        Arrive(refund);
    }

    /// <summary>The card's bank sends the money back: the refund is undone, and the charge counts less.</summary>
    public void Fail(string id)
    {
        var refund = store.Find("refund", id);
        if (refund.Name("status") == "failed") throw StripeFault.Bad("This refund has already failed.");
        var charge = store.Find("charge", refund.Text("charge"));
        charge.With(("amount_refunded", charge.Whole("amount_refunded") - refund.Whole("amount")), ("refunded", false));
        Change(refund, () => refund.With(
            ("status", "failed"), ("failure_reason", "expired_or_canceled_card"), ("failure_balance_transaction", store.NewId("txn_3", 23))));
        events.Emit("refund.failed", refund);
    }

    public JsonObject List(StripeForm form)
    {
        form.Only(StripeLists.Paging + " charge payment_intent");
        return StripeLists.Page("/v1/refunds", store.All("refund", form, "charge", "payment_intent"), form);
    }

    private void Arrive(JsonObject refund) => Change(refund, () =>
    {
        refund["status"] = "succeeded";
        refund["destination_details"]!["card"]!.AsObject().With(("reference_status", "available"), ("reference", store.NewId("", 23)));
    });

    /// <summary>Two events tell the same: refunds of cards are told in the old way too.</summary>
    private void Change(JsonObject refund, Action change)
    {
        var before = refund.Copy();
        refund.Remove("pending_reason");
        change();
        events.Emit("refund.updated", refund, before);
        events.Emit("charge.refund.updated", refund, before);
    }

    private bool IsChargedBack(JsonObject charge) => store.All("dispute").Any(d =>
        d.Text("charge") == charge.Text("id") && !d.Flag("is_charge_refundable") && d.Name("status") != "won");
}
