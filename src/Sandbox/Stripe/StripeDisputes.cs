using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>What buyers dispute at their bank: inquiries, which move no money, and chargebacks, which take it until they are won.</summary>
internal sealed class StripeDisputes(StripeStore store, StripeEvents events)
{
    private const long Fee = 1500;
    private const long Week = 7 * 24 * 3600;

    /// <param name="charge">What is disputed.</param>
    /// <param name="amountMinor">Null = all of it.</param>
    /// <param name="inquiry">The bank only asks.</param>
    public JsonObject Open(JsonObject charge, long? amountMinor, bool inquiry)
    {
        var amount = amountMinor ?? charge.Whole("amount");
        if (amount < 1 || amount > charge.Whole("amount")) throw StripeFault.Bad("Nobody can dispute more than the charge, or nothing.", "amount");
        var dispute = store.Add(StripeShapes.Dispute().With(
            ("id", store.NewId("du_1")), ("amount", amount), ("charge", charge.Text("id")), ("created", store.Now),
            ("currency", charge.Text("currency")), ("payment_intent", charge.Text("payment_intent")), ("is_charge_refundable", true),
            ("status", "warning_needs_response")));
        dispute["evidence_details"]!["due_by"] = store.Now + Week;
        dispute["payment_method_details"]!["card"]!["case_type"] = inquiry ? "inquiry" : "chargeback";
        charge["disputed"] = true;
        if (!inquiry) Withdraw(dispute);
        events.Emit("charge.dispute.created", dispute);
        if (!inquiry) events.Emit("charge.dispute.funds_withdrawn", dispute);
        return dispute;
    }

    /// <summary>The bank was not satisfied: the inquiry becomes a chargeback under the same id.</summary>
    public void Escalate(string id)
    {
        var dispute = store.Find("dispute", id);
        if (!IsInquiry(dispute) || IsClosed(dispute)) throw StripeFault.Bad("Only an open inquiry can be escalated.");
        events.Change("charge.dispute.updated", dispute, () => Withdraw(dispute));
        events.Emit("charge.dispute.funds_withdrawn", dispute);
    }

    /// <summary>The shop answers and the bank decides; an inquiry is closed in any case.</summary>
    public void Close(string id, bool won)
    {
        var dispute = store.Find("dispute", id);
        if (IsClosed(dispute)) throw StripeFault.Bad($"This dispute is already {dispute.Text("status")}.");
        var inquiry = IsInquiry(dispute);
        events.Change("charge.dispute.updated", dispute, () => dispute["status"] = inquiry ? "warning_under_review" : "under_review");
        if (won && !inquiry)
        {
            Move(dispute, dispute.Whole("amount"), fee: 0, "Chargeback reversal", "dispute_reversal");
            events.Emit("charge.dispute.funds_reinstated", dispute);
        }

        events.Change("charge.dispute.closed", dispute, () => dispute["status"] = inquiry ? "warning_closed" : won ? "won" : "lost");
    }

    public JsonObject List(StripeForm form)
    {
        form.Only(StripeLists.Paging + " charge payment_intent");
        return StripeLists.Page("/v1/disputes", store.All("dispute", form, "charge", "payment_intent"), form);
    }

    public static bool IsInquiry(JsonObject dispute) => dispute.Name("status").StartsWith("warning_", StringComparison.Ordinal);

    public static bool IsClosed(JsonObject dispute) => dispute.Name("status") is "won" or "lost" or "warning_closed";

    private void Withdraw(JsonObject dispute)
    {
        Move(dispute, -dispute.Whole("amount"), Fee, "Chargeback withdrawal", "dispute");
        dispute["payment_method_details"]!["card"]!["case_type"] = "chargeback";
        dispute.With(("status", "needs_response"), ("is_charge_refundable", false));
    }

    private void Move(JsonObject dispute, long amountMinor, long fee, string what, string category)
    {
        var movement = StripeShapes.BalanceTransaction().With(
            ("id", store.NewId("txn_1")), ("amount", amountMinor), ("available_on", store.Now + 24 * 3600), ("created", store.Now),
            ("currency", dispute.Text("currency")), ("description", $"{what} for {dispute.Text("charge")}"), ("fee", fee), ("net", amountMinor - fee),
            ("reporting_category", category), ("source", dispute.Text("id")));
        if (fee > 0)
            movement["fee_details"]!.AsArray().Add(new JsonObject
            {
                ["amount"] = fee,
                ["application"] = null,
                ["currency"] = dispute.Text("currency"),
                ["description"] = "Dispute fee",
                ["type"] = "stripe_fee",
            });
        dispute["balance_transactions"]!.AsArray().Add(movement);
    }
}
