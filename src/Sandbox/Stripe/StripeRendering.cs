using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>Puts members back where they stood in API 2024-06-20. Objects are kept in the shape of 2025-11-17.clover.</summary>
internal sealed class StripeRendering(StripeStore store)
{
    public const string Clover = "2025-11-17.clover";
    public const string Legacy = "2024-06-20";

    public static readonly string[] Versions = [Clover, Legacy];
    public static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true };

    /// <summary>A copy as a reader of this version sees it. Everything moved at 2025-03-31.basil.</summary>
    public JsonObject Render(JsonObject thing, string version)
    {
        var copy = thing.Copy();
        if (string.CompareOrdinal(version, "2025-03-31") < 0) Age(copy);
        return copy;
    }

    private void Age(JsonNode? node)
    {
        if (node is JsonArray array)
        {
            foreach (var element in array) Age(element);
            return;
        }

        if (node is not JsonObject thing || Kind(thing) == "event") return;
        AgeOne(thing);
        foreach (var (_, child) in thing.ToList()) Age(child);
    }

    private void AgeOne(JsonObject thing)
    {
        if (thing["automatic_tax"] is JsonObject tax) Drop(tax, "disabled_reason", "provider");
        switch (Kind(thing))
        {
            case "subscription": AgeSubscription(thing); break;
            case "subscription_item": Drop(thing, "current_period_start", "current_period_end"); break;
            case "invoice": AgeInvoice(thing); break;
            case "line_item": AgeLine(thing); break;
            case "checkout.session": AgeSession(thing); break;
            case "charge": AgeCharge(thing); break;
            case "payment_intent": Drop(thing, "excluded_payment_method_types").With(("invoice", InvoiceOf(thing.Text("id")))); break;
            case "promotion_code":
                thing["coupon"] = store.TryFind(thing["promotion"]!.Text("coupon"))?.Copy();
                Drop(thing, "promotion");
                break;
            case "plan": thing["aggregate_usage"] = null; break;
            case "price" when thing["recurring"] is JsonObject recurring: recurring["aggregate_usage"] = null; break;
        }
    }

    private static void AgeSubscription(JsonObject subscription)
    {
        var item = subscription["items"]!["data"]![0]!;
        Drop(subscription, "billing_mode").With(
            ("current_period_start", item.Whole("current_period_start")), ("current_period_end", item.Whole("current_period_end")),
            ("discount", null), ("plan", item["plan"]!.DeepClone()), ("quantity", item.Whole("quantity")));
    }

    private void AgeInvoice(JsonObject invoice)
    {
        var details = invoice["parent"]?["subscription_details"];
        var intent = store.PaidWith.GetValueOrDefault(invoice.Name("id"));
        Drop(invoice, "amount_overpaid", "parent", "payments", "total_pretax_credit_amounts", "total_taxes").With(
            ("application_fee_amount", null), ("charge", store.TryFind(intent)?.Text("latest_charge")), ("discount", null),
            ("paid", invoice.Text("status") == "paid"), ("paid_out_of_band", false), ("payment_intent", intent), ("quote", null),
            ("subscription", details?.Text("subscription")),
            ("subscription_details", new JsonObject { ["metadata"] = details?["metadata"]?.DeepClone() }),
            ("tax", null), ("total_tax_amounts", new JsonArray()), ("transfer_data", null));
    }

    private void AgeLine(JsonObject line)
    {
        var (recurring, invoiceItem) = (line["parent"]!["subscription_item_details"], line["parent"]!["invoice_item_details"]);
        var price = store.TryFind(line["pricing"]!["price_details"]!.Text("price"))?.Copy();
        var unit = line["pricing"]!.Text("unit_amount_decimal");
        Drop(line, "parent", "pricing", "pretax_credit_amounts", "taxes").With(
            ("amount_excluding_tax", line.Whole("amount")), ("plan", price?["recurring"] is null ? null : StripeBillingShapes.Plan(price)),
            ("price", price), ("proration", (recurring ?? invoiceItem)!.Flag("proration")),
            ("proration_details", new JsonObject { ["credited_items"] = null }), ("tax_amounts", new JsonArray()), ("tax_rates", new JsonArray()),
            ("type", recurring is null ? "invoiceitem" : "subscription"), ("unit_amount_excluding_tax", unit));
        if (recurring is not null) line["subscription_item"] = recurring.Text("subscription_item");
        if (invoiceItem is not null) line["invoice_item"] = invoiceItem.Text("invoice_item");
    }

    private static void AgeSession(JsonObject session)
    {
        var shipping = session["collected_information"]?["shipping_details"]?.DeepClone();
        Drop(session, "adaptive_pricing", "branding_settings", "collected_information", "discounts", "origin_context", "permissions", "wallet_options")
            .With(("shipping_details", shipping));
        if (session["customer_details"] is JsonObject details) Drop(details, "business_name", "individual_name");
    }

    private void AgeCharge(JsonObject charge)
    {
        charge["invoice"] = InvoiceOf(charge.Text("payment_intent"));
        Drop(charge["billing_details"]!.AsObject(), "tax_id");
        Drop(charge["outcome"]!.AsObject(), "advice_code", "network_advice_code", "network_decline_code");
    }

    private string? InvoiceOf(string? intent) => intent is null ? null : store.PaidWith.GetValueOrDefault(intent);

    /// <summary>An event keeps the shape of its birth, and has an object where others have a text.</summary>
    private static string? Kind(JsonObject thing) =>
        thing["object"] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? (string?)value : null;

    private static JsonObject Drop(JsonObject thing, params ReadOnlySpan<string> names)
    {
        foreach (var name in names) thing.Remove(name);
        return thing;
    }
}
