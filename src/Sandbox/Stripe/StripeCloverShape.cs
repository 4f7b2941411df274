using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>What 2025-11-17.clover did not have of 2026-10-28.endive.</summary>
internal static class StripeCloverShape
{
    public static void TakeBack(JsonObject thing)
    {
        switch (StripeRendering.Kind(thing))
        {
            case "checkout.session":
                StripeRendering.Drop(thing, "allowed_payment_method_types", "customer_account", "integration_identifier", "managed_payments");
                if (thing.Text("ui_mode") == "hosted_page") thing["ui_mode"] = "hosted"; // renamed at 2026-03-25.dahlia
                break;
            case "subscription":
                StripeRendering.Drop(thing, "billing_schedules", "customer_account", "managed_payments");
                StripeRendering.Drop(thing["cancellation_details"]!.AsObject(), "feedback_option");
                StripeRendering.Drop(thing["invoice_settings"]!.AsObject(), "custom_fields", "description", "footer");
                break;
            case "line_item": StripeRendering.Drop(thing, "quantity_decimal", "subtotal"); break;
            case "item": StripeRendering.Drop(thing, "adjustable_quantity", "metadata"); break;
            case "payment_intent":
                StripeRendering.Drop(thing, "allowed_payment_method_types", "customer_account", "managed_payments", "payment_record");
                break;
            case "refund": StripeRendering.Drop(thing, "customer", "customer_account", "payment_method"); break;
            case "subscription_item": StripeRendering.Drop(thing, "current_trial"); break;
            case "subscription_schedule": StripeRendering.Drop(thing, "customer_account", "pause_schedules"); break;
            case "product": StripeRendering.Drop(thing, "tax_details"); break;
            case "dispute": StripeRendering.Drop(thing, "intended_submission_method"); break;
            case "billing_portal.configuration":
                StripeRendering.Drop(thing["features"]!.AsObject(), "subscription_pause");
                StripeRendering.Drop(thing["features"]!["subscription_cancel"]!["cancellation_reason"]!.AsObject(), "feedback_options");
                StripeRendering.Drop(thing["features"]!["subscription_update"]!.AsObject(), "billing_cycle_anchor");
                break;
            case "customer" or "discount" or "invoice" or "payment_method" or "promotion_code" or "billing_portal.session":
                StripeRendering.Drop(thing, "customer_account");
                break;
        }
    }
}
