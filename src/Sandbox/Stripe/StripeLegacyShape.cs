using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>Puts members back where they stood in 2024-06-20, before 2025-03-31.basil moved them.</summary>
internal sealed class StripeLegacyShape(StripeStore store)
{
    public void TakeBack(JsonObject thing)
    {
        if (thing["automatic_tax"] is JsonObject tax) StripeRendering.Drop(tax, "disabled_reason", "provider");
        switch (StripeRendering.Kind(thing))
        {
            case "subscription": Subscription(thing); break;
            case "subscription_item": StripeRendering.Drop(thing, "current_period_start", "current_period_end"); break;
            case "subscription_schedule": Schedule(thing); break;
            case "invoice": Invoice(thing); break;
            case "line_item": Line(thing); break;
            case "checkout.session": Session(thing); break;
            case "charge": Charge(thing); break;
            case "payment_intent":
                StripeRendering.Drop(thing, "excluded_payment_method_types").With(("invoice", InvoiceOf(thing.Text("id"))));
                break;
            case "payment_method":
                StripeRendering.Drop(thing["billing_details"]!.AsObject(), "tax_id");
                StripeRendering.Drop(thing["card"]!.AsObject(), "regulated_status");
                break;
            case "dispute": StripeRendering.Drop(thing, "enhanced_eligibility_types"); break;
            case "balance_transaction": StripeRendering.Drop(thing, "balance_type"); break;
            case "refund": StripeRendering.Drop(thing, "pending_reason"); break;
            case "promotion_code":
                thing["coupon"] = store.TryFind(thing["promotion"]!.Text("coupon"))?.Copy();
                StripeRendering.Drop(thing, "promotion");
                break;
            case "plan": thing["aggregate_usage"] = null; break;
            case "price" when thing["recurring"] is JsonObject recurring: recurring["aggregate_usage"] = null; break;
            case "billing_portal.configuration":
                StripeRendering.Drop(thing, "name");
                StripeRendering.Drop(thing["features"]!["payment_method_update"]!.AsObject(), "payment_method_configuration");
                StripeRendering.Drop(thing["features"]!["subscription_update"]!.AsObject(), "schedule_at_period_end", "trial_update_behavior");
                break;
        }
    }

    private static void Subscription(JsonObject subscription)
    {
        var item = subscription["items"]!["data"]![0]!;
        StripeRendering.Drop(subscription, "billing_mode").With(
            ("current_period_start", item.Whole("current_period_start")), ("current_period_end", item.Whole("current_period_end")),
            ("discount", null), ("plan", item["plan"]!.DeepClone()), ("quantity", item.Whole("quantity")));
    }

    private static void Schedule(JsonObject schedule)
    {
        StripeRendering.Drop(schedule, "billing_mode");
        StripeRendering.Drop(schedule["default_settings"]!["automatic_tax"]!.AsObject(), "disabled_reason");
        foreach (var phase in schedule["phases"]!.AsArray()) phase!["coupon"] = null;
    }

    private void Invoice(JsonObject invoice)
    {
        var details = invoice["parent"]?["subscription_details"];
        var intent = store.PaidWith.GetValueOrDefault(invoice.Name("id"));
        StripeRendering.Drop(invoice, "amount_overpaid", "parent", "payments", "total_pretax_credit_amounts", "total_taxes").With(
            ("application_fee_amount", null), ("charge", store.TryFind(intent)?.Text("latest_charge")), ("discount", null),
            ("paid", invoice.Text("status") == "paid"), ("paid_out_of_band", false), ("payment_intent", intent), ("quote", null),
            ("subscription", details?.Text("subscription")),
            ("subscription_details", new JsonObject { ["metadata"] = details?["metadata"]?.DeepClone() }),
            ("tax", null), ("total_tax_amounts", new JsonArray()), ("transfer_data", null));
    }

    private void Line(JsonObject line)
    {
        var (recurring, invoiceItem) = (line["parent"]!["subscription_item_details"], line["parent"]!["invoice_item_details"]);
        var price = store.TryFind(line["pricing"]!["price_details"]!.Text("price"))?.Copy();
        var unit = line["pricing"]!.Text("unit_amount_decimal");
        StripeRendering.Drop(line, "parent", "pricing", "pretax_credit_amounts", "taxes").With(
            ("amount_excluding_tax", line.Whole("amount")), ("plan", price?["recurring"] is null ? null : StripeBillingShapes.Plan(price)),
            ("price", price), ("proration", (recurring ?? invoiceItem)!.Flag("proration")),
            ("proration_details", new JsonObject { ["credited_items"] = null }), ("tax_amounts", new JsonArray()), ("tax_rates", new JsonArray()),
            ("type", recurring is null ? "invoiceitem" : "subscription"), ("unit_amount_excluding_tax", unit));
        if (recurring is not null) line["subscription_item"] = recurring.Text("subscription_item");
        if (invoiceItem is not null) line["invoice_item"] = invoiceItem.Text("invoice_item");
    }

    private static void Session(JsonObject session)
    {
        var shipping = session["collected_information"]?["shipping_details"]?.DeepClone();
        StripeRendering.Drop(session, "adaptive_pricing", "branding_settings", "collected_information", "discounts", "origin_context", "permissions",
            "wallet_options").With(("shipping_details", shipping));
        if (session["customer_details"] is JsonObject details) StripeRendering.Drop(details, "business_name", "individual_name");
    }

    private void Charge(JsonObject charge)
    {
        charge["invoice"] = InvoiceOf(charge.Text("payment_intent"));
        StripeRendering.Drop(charge["billing_details"]!.AsObject(), "tax_id");
        StripeRendering.Drop(charge["outcome"]!.AsObject(), "advice_code", "network_advice_code", "network_decline_code");
    }

    private string? InvoiceOf(string? intent) => intent is null ? null : store.PaidWith.GetValueOrDefault(intent);
}
