using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>Blank objects with the full set of members of API 2026-10-28.endive: payments, customers and the catalogue.</summary>
internal static class StripeShapes
{
    public static JsonObject Session() => StripeJson.Parse("""
        {"id": "", "object": "checkout.session", "adaptive_pricing": {"enabled": false}, "after_expiration": null, "allow_promotion_codes": null,
         "allowed_payment_method_types": null,
         "amount_subtotal": 0, "amount_total": 0, "automatic_tax": {"enabled": false, "liability": null, "provider": null, "status": null},
         "billing_address_collection": null,
         "branding_settings": {"background_color": "#ffffff", "border_style": "rounded", "button_color": "#0f766e", "display_name": "Sandbox",
           "font_family": "default", "icon": null, "logo": null},
         "cancel_url": null, "client_reference_id": null, "client_secret": null,
         "collected_information": {"business_name": null, "individual_name": null, "shipping_details": null},
         "consent": null, "consent_collection": null, "created": 0, "currency": "usd", "currency_conversion": null, "custom_fields": [],
         "custom_text": {"after_submit": null, "shipping_address": null, "submit": null, "terms_of_service_acceptance": null},
         "customer": null, "customer_account": null, "customer_creation": null, "customer_details": null, "customer_email": null, "discounts": [],
         "expires_at": 0, "integration_identifier": null, "invoice": null, "invoice_creation": null, "livemode": false, "locale": null,
         "managed_payments": null, "metadata": {}, "mode": "",
         "origin_context": null,
         "payment_intent": null, "payment_link": null, "payment_method_collection": null, "payment_method_configuration_details": null,
         "payment_method_options": {"card": {"request_three_d_secure": "automatic"}}, "payment_method_types": ["card", "us_bank_account"],
         "payment_status": "unpaid", "permissions": null, "phone_number_collection": {"enabled": false}, "recovered_from": null,
         "saved_payment_method_options": null, "setup_intent": null, "shipping_address_collection": null, "shipping_cost": null,
         "shipping_options": [], "status": "open", "submit_type": null, "subscription": null, "success_url": null,
         "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0}, "ui_mode": "hosted_page", "url": null,
         "wallet_options": null}
        """);

    /// <summary>What a payment-mode session says about its (absent) invoice.</summary>
    public static JsonObject NoInvoice() => StripeJson.Parse("""
        {"enabled": false, "invoice_data": {"account_tax_ids": null, "custom_fields": null, "description": null, "footer": null, "issuer": null,
         "metadata": {}, "rendering_options": null}}
        """);

    public static JsonObject CustomerDetails(string? email) => StripeJson.Parse("""
        {"address": null, "business_name": null, "email": null, "individual_name": null, "name": null, "phone": null, "tax_exempt": "none", "tax_ids": null}
        """).With(("email", email));

    public static JsonObject Address() => StripeJson.Parse("""
        {"city": "San Francisco", "country": "US", "line1": "1 Sandbox Way", "line2": null, "postal_code": "94103", "state": "CA"}
        """);

    public static JsonObject Item() => StripeJson.Parse("""
        {"id": "", "object": "item", "adjustable_quantity": null, "amount_discount": 0, "amount_subtotal": 0, "amount_tax": 0, "amount_total": 0,
         "currency": "usd",
         "description": null, "metadata": {}, "price": null, "quantity": 1}
        """);

    public static JsonObject Customer() => StripeJson.Parse("""
        {"id": "", "object": "customer", "address": null, "balance": 0, "created": 0, "currency": null, "customer_account": null,
         "default_source": null,
         "delinquent": false,
         "description": null, "discount": null, "email": null, "invoice_prefix": null,
         "invoice_settings": {"custom_fields": null, "default_payment_method": null, "footer": null, "rendering_options": null},
         "livemode": false, "metadata": {}, "name": null, "next_invoice_sequence": 1, "phone": null, "preferred_locales": [], "shipping": null,
         "tax_exempt": "none", "test_clock": null}
        """);

    public static JsonObject Product() => StripeJson.Parse("""
        {"id": "", "object": "product", "active": true, "created": 0, "default_price": null, "description": null, "images": [], "livemode": false,
         "marketing_features": [], "metadata": {}, "name": "", "package_dimensions": null, "shippable": null, "statement_descriptor": null,
         "tax_code": null, "tax_details": null, "type": "service", "unit_label": null, "updated": 0, "url": null}
        """);

    public static JsonObject Price() => StripeJson.Parse("""
        {"id": "", "object": "price", "active": true, "billing_scheme": "per_unit", "created": 0, "currency": "usd", "custom_unit_amount": null,
         "livemode": false, "lookup_key": null, "metadata": {}, "nickname": null, "product": "", "recurring": null, "tax_behavior": "unspecified",
         "tiers_mode": null, "transform_quantity": null, "type": "one_time", "unit_amount": 0, "unit_amount_decimal": "0"}
        """);

    public static JsonObject PaymentIntent() => StripeJson.Parse("""
        {"id": "", "object": "payment_intent", "amount": 0, "allowed_payment_method_types": null, "amount_capturable": 0,
         "amount_details": {"tip": {}}, "amount_received": 0,
         "application": null, "application_fee_amount": null, "automatic_payment_methods": null, "canceled_at": null, "cancellation_reason": null,
         "capture_method": "automatic_async", "client_secret": null, "confirmation_method": "automatic", "created": 0, "currency": "usd",
         "customer": null, "customer_account": null, "description": null, "excluded_payment_method_types": null, "last_payment_error": null,
         "latest_charge": null,
         "livemode": false, "managed_payments": null, "metadata": {}, "next_action": null, "on_behalf_of": null, "payment_method": null,
         "payment_method_configuration_details": null, "payment_method_options": {"card": {"installments": null, "mandate_options": null,
         "network": null, "request_three_d_secure": "automatic"}}, "payment_method_types": ["card"], "payment_record": null, "processing": null,
         "receipt_email": null,
         "review": null, "setup_future_usage": null, "shipping": null, "source": null, "statement_descriptor": null,
         "statement_descriptor_suffix": null, "status": "processing", "transfer_data": null, "transfer_group": null}
        """);

    /// <summary>The card 4242 4242 4242 4242.</summary>
    public static JsonObject CardPaymentMethod() => StripeJson.Parse("""
        {"id": "", "object": "payment_method", "allow_redisplay": "unspecified", "billing_details": {"address": {"city": null, "country": "US",
         "line1": null, "line2": null, "postal_code": null, "state": null}, "email": null, "name": null, "phone": null, "tax_id": null},
         "card": {"brand": "visa", "checks": {"address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass"},
         "country": "US", "display_brand": "visa", "exp_month": 12, "exp_year": 2034, "fingerprint": "Xt5EWLLDS7FJjR1c", "funding": "credit",
         "generated_from": null, "last4": "4242", "networks": {"available": ["visa"], "preferred": null}, "regulated_status": "unregulated",
         "three_d_secure_usage": {"supported": true}, "wallet": null}, "created": 0, "customer": null, "customer_account": null,
         "livemode": false, "metadata": {},
         "type": "card"}
        """);

    public static JsonObject Charge() => StripeJson.Parse("""
        {"id": "", "object": "charge", "amount": 0, "amount_captured": 0, "amount_refunded": 0, "application": null, "application_fee": null,
         "application_fee_amount": null, "balance_transaction": null, "billing_details": {"address": {"city": null, "country": "US", "line1": null,
         "line2": null, "postal_code": null, "state": null}, "email": null, "name": null, "phone": null, "tax_id": null},
         "calculated_statement_descriptor": "SANDBOX", "captured": true, "created": 0, "currency": "usd", "customer": null, "description": null,
         "disputed": false, "failure_balance_transaction": null, "failure_code": null, "failure_message": null, "fraud_details": {},
         "livemode": false, "metadata": {}, "on_behalf_of": null, "outcome": {"advice_code": null, "network_advice_code": null,
         "network_decline_code": null, "network_status": "approved_by_network", "reason": null, "risk_level": "normal", "risk_score": 12,
         "seller_message": "Payment complete.", "type": "authorized"}, "paid": true, "payment_intent": null, "payment_method": null,
         "payment_method_details": {"card": {"brand": "visa", "country": "US", "exp_month": 12, "exp_year": 2034, "funding": "credit",
         "last4": "4242", "network": "visa"}, "type": "card"}, "receipt_email": null, "receipt_number": null, "receipt_url": null,
         "refunded": false, "review": null, "shipping": null, "source": null, "source_transfer": null, "statement_descriptor": null,
         "statement_descriptor_suffix": null, "status": "succeeded", "transfer_data": null, "transfer_group": null}
        """);

    public static JsonObject Refund() => StripeJson.Parse("""
        {"id": "", "object": "refund", "amount": 0, "balance_transaction": null, "charge": "", "created": 0, "currency": "usd",
         "customer": null, "customer_account": null, "destination_details": {"card": {"reference_status": "pending",
         "reference_type": "acquirer_reference_number", "type": "refund"},
         "type": "card"}, "metadata": {}, "payment_intent": null, "payment_method": null, "reason": null, "receipt_number": null,
         "source_transfer_reversal": null,
         "status": "succeeded", "transfer_reversal": null}
        """);

    public static JsonObject Coupon() => StripeJson.Parse("""
        {"id": "", "object": "coupon", "amount_off": null, "created": 0, "currency": null, "duration": "once", "duration_in_months": null,
         "livemode": false, "max_redemptions": null, "metadata": {}, "name": null, "percent_off": null, "redeem_by": null, "times_redeemed": 0,
         "valid": true}
        """);

    public static JsonObject PromotionCode() => StripeJson.Parse("""
        {"id": "", "object": "promotion_code", "active": true, "code": "", "created": 0, "customer": null, "customer_account": null,
         "expires_at": null, "livemode": false,
         "max_redemptions": null, "metadata": {}, "promotion": {"coupon": null, "type": "coupon"},
         "restrictions": {"first_time_transaction": false, "minimum_amount": null, "minimum_amount_currency": null}, "times_redeemed": 0}
        """);

    public static JsonObject Dispute() => StripeJson.Parse("""
        {"id": "", "object": "dispute", "amount": 0, "balance_transactions": [], "charge": "", "created": 0, "currency": "usd",
         "enhanced_eligibility_types": [], "evidence": {}, "evidence_details": {"due_by": 0, "enhanced_eligibility": {}, "has_evidence": false,
         "past_due": false, "submission_count": 0}, "intended_submission_method": null, "is_charge_refundable": false, "livemode": false,
         "metadata": {}, "payment_intent": null,
         "payment_method_details": {"card": {"brand": "visa", "case_type": "chargeback", "network_reason_code": "10.4"}, "type": "card"},
         "reason": "fraudulent", "status": "needs_response"}
        """);

    public static JsonObject BalanceTransaction() => StripeJson.Parse("""
        {"id": "", "object": "balance_transaction", "amount": 0, "available_on": 0, "balance_type": "payments", "created": 0, "currency": "usd",
         "description": null, "exchange_rate": null, "fee": 0, "fee_details": [], "net": 0, "reporting_category": "", "source": "",
         "status": "available", "type": "adjustment"}
        """);

    public static JsonObject WebhookEndpoint() => StripeJson.Parse("""
        {"id": "", "object": "webhook_endpoint", "api_version": null, "application": null, "created": 0, "description": null,
         "enabled_events": ["*"], "livemode": false, "metadata": {}, "status": "enabled", "url": ""}
        """);
}
