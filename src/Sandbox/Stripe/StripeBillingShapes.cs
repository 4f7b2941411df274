using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>Blank objects with the full set of members of API 2026-10-28.endive: subscriptions and invoices.</summary>
internal static class StripeBillingShapes
{
    public static JsonObject Subscription() => StripeJson.Parse("""
        {"id": "", "object": "subscription", "application": null, "application_fee_percent": null,
         "automatic_tax": {"disabled_reason": null, "enabled": false, "liability": null}, "billing_cycle_anchor": 0,
         "billing_cycle_anchor_config": null, "billing_mode": {"flexible": null, "type": "classic"}, "billing_schedules": [],
         "billing_thresholds": null, "cancel_at": null,
         "cancel_at_period_end": false, "canceled_at": null, "cancellation_details": {"comment": null, "feedback": null, "feedback_option": null,
         "reason": null},
         "collection_method": "charge_automatically", "created": 0, "currency": "usd", "customer": "", "customer_account": null,
         "days_until_due": null,
         "default_payment_method": null, "default_source": null, "default_tax_rates": [], "description": null, "discounts": [], "ended_at": null,
         "invoice_settings": {"account_tax_ids": null, "custom_fields": null, "description": null, "footer": null, "issuer": {"type": "self"}},
         "items": null, "latest_invoice": null, "livemode": false, "managed_payments": null, "metadata": {},
         "next_pending_invoice_item_invoice": null, "on_behalf_of": null, "pause_collection": null,
         "payment_settings": {"payment_method_options": null, "payment_method_types": null, "save_default_payment_method": "off"},
         "pending_invoice_item_interval": null, "pending_setup_intent": null, "pending_update": null, "schedule": null, "start_date": 0,
         "status": "active", "test_clock": null, "transfer_data": null, "trial_end": null,
         "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}}, "trial_start": null}
        """);

    public static JsonObject SubscriptionItem() => StripeJson.Parse("""
        {"id": "", "object": "subscription_item", "billing_thresholds": null, "created": 0, "current_period_end": 0, "current_period_start": 0,
         "current_trial": null, "discounts": [], "metadata": {}, "plan": null, "price": null, "quantity": 1, "subscription": "", "tax_rates": []}
        """);

    public static JsonObject Schedule() => StripeJson.Parse("""
        {"id": "", "object": "subscription_schedule", "application": null, "billing_mode": {"flexible": null, "type": "classic"}, "canceled_at": null,
         "completed_at": null, "created": 0, "current_phase": null, "customer": "", "customer_account": null,
         "default_settings": {"application_fee_percent": null,
         "automatic_tax": {"disabled_reason": null, "enabled": false, "liability": null}, "billing_cycle_anchor": "automatic",
         "billing_thresholds": null, "collection_method": "charge_automatically", "default_payment_method": null, "description": null,
         "invoice_settings": {"account_tax_ids": null, "days_until_due": null, "issuer": {"type": "self"}}, "on_behalf_of": null,
         "transfer_data": null}, "end_behavior": "release", "livemode": false, "metadata": {}, "pause_schedules": [], "phases": [],
         "released_at": null,
         "released_subscription": null, "status": "active", "subscription": null, "test_clock": null}
        """);

    public static JsonObject Phase() => StripeJson.Parse("""
        {"add_invoice_items": [], "application_fee_percent": null, "billing_cycle_anchor": null, "billing_thresholds": null,
         "collection_method": null, "currency": "usd", "default_payment_method": null, "default_tax_rates": [], "description": null, "discounts": [],
         "end_date": 0, "invoice_settings": null, "items": [], "metadata": {}, "on_behalf_of": null, "proration_behavior": "create_prorations",
         "start_date": 0,
         "transfer_data": null, "trial_end": null}
        """);

    public static JsonObject PhaseItem() => StripeJson.Parse("""
        {"billing_thresholds": null, "discounts": [], "metadata": {}, "plan": "", "price": "", "quantity": 1, "tax_rates": []}
        """);

    /// <summary>The old twin of a recurring price, which subscription items still carry.</summary>
    public static JsonObject Plan(JsonObject price) => StripeJson.Parse("""
        {"id": "", "object": "plan", "active": true, "amount": 0, "amount_decimal": "0", "billing_scheme": "per_unit", "created": 0,
         "currency": "usd", "interval": "month", "interval_count": 1, "livemode": false, "metadata": {}, "meter": null, "nickname": null,
         "product": "", "tiers_mode": null, "transform_usage": null, "trial_period_days": null, "usage_type": "licensed"}
        """).With(
            ("id", price.Text("id")), ("active", price.Flag("active")), ("amount", price.Whole("unit_amount")),
            ("amount_decimal", price.Text("unit_amount_decimal")), ("created", price.Whole("created")), ("currency", price.Text("currency")),
            ("interval", price["recurring"]!.Text("interval")), ("interval_count", price["recurring"]!.Whole("interval_count")),
            ("metadata", price["metadata"]!.DeepClone()), ("nickname", price.Text("nickname")), ("product", price.Text("product")));

    public static JsonObject Invoice() => StripeJson.Parse("""
        {"id": "", "object": "invoice", "account_country": "US", "account_name": "Sandbox", "account_tax_ids": null, "amount_due": 0,
         "amount_overpaid": 0, "amount_paid": 0, "amount_remaining": 0, "amount_shipping": 0, "application": null, "attempt_count": 0,
         "attempted": false, "auto_advance": true, "automatic_tax": {"disabled_reason": null, "enabled": false, "liability": null,
         "provider": null, "status": null}, "automatically_finalizes_at": null, "billing_reason": null,
         "collection_method": "charge_automatically", "created": 0, "currency": "usd", "custom_fields": null, "customer": "",
         "customer_account": null, "customer_address": null, "customer_email": null, "customer_name": null, "customer_phone": null,
         "customer_shipping": null,
         "customer_tax_exempt": "none", "customer_tax_ids": [], "default_payment_method": null, "default_source": null, "default_tax_rates": [],
         "description": null, "discounts": [], "due_date": null, "effective_at": null, "ending_balance": null, "footer": null,
         "from_invoice": null, "hosted_invoice_url": null, "invoice_pdf": null, "issuer": {"type": "self"}, "last_finalization_error": null,
         "latest_revision": null, "lines": null, "livemode": false, "metadata": {}, "next_payment_attempt": null, "number": null,
         "on_behalf_of": null, "parent": null, "payment_settings": {"default_mandate": null, "payment_method_options": null,
         "payment_method_types": null}, "period_end": 0, "period_start": 0, "post_payment_credit_notes_amount": 0,
         "pre_payment_credit_notes_amount": 0, "receipt_number": null, "rendering": null, "shipping_cost": null, "shipping_details": null,
         "starting_balance": 0, "statement_descriptor": null, "status": "draft", "status_transitions": {"finalized_at": null,
         "marked_uncollectible_at": null, "paid_at": null, "voided_at": null}, "subtotal": 0, "subtotal_excluding_tax": 0, "test_clock": null,
         "total": 0, "total_discount_amounts": [], "total_excluding_tax": 0, "total_pretax_credit_amounts": [], "total_taxes": [],
         "webhooks_delivered_at": null}
        """);

    public static JsonObject InvoiceLine() => StripeJson.Parse("""
        {"id": "", "object": "line_item", "amount": 0, "currency": "usd", "description": null, "discount_amounts": [], "discountable": true,
         "discounts": [], "invoice": "", "livemode": false, "metadata": {}, "parent": {"invoice_item_details": null,
         "subscription_item_details": {"invoice_item": null, "proration": false, "proration_details": {"credited_items": null},
         "subscription": "", "subscription_item": ""}, "type": "subscription_item_details"}, "period": {"end": 0, "start": 0},
         "pretax_credit_amounts": [], "pricing": {"price_details": {"price": "", "product": ""}, "type": "price_details",
         "unit_amount_decimal": "0"}, "quantity": 1, "quantity_decimal": "1", "subscription": "", "subtotal": 0, "taxes": []}
        """);

    public static JsonObject InvoicePayment() => StripeJson.Parse("""
        {"id": "", "object": "invoice_payment", "amount_paid": 0, "amount_requested": 0, "created": 0, "currency": "usd", "invoice": "",
         "is_default": true, "livemode": false, "payment": {"payment_intent": "", "type": "payment_intent"}, "status": "paid",
         "status_transitions": {"canceled_at": null, "paid_at": null}}
        """);
}
