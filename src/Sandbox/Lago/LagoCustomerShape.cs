using System.Globalization;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Lago;

/// <summary>Every member that Lago sends for a customer (serializers/v1/customer_serializer.rb).</summary>
internal static class LagoCustomerShape
{
    public static JsonObject Blank(string externalId, int sequence, DateTimeOffset now)
    {
        var json = new JsonObject
        {
            ["lago_id"] = Guid.NewGuid().ToString(),
            ["billing_entity_code"] = "default",
            ["external_id"] = externalId,
            ["account_type"] = "customer",
            ["name"] = null,
            ["sequential_id"] = sequence,
            ["slug"] = string.Create(CultureInfo.InvariantCulture, $"SND-0001-{sequence:000}"),
            ["created_at"] = LagoJson.Time(now),
            ["updated_at"] = LagoJson.Time(now),
            ["applicable_timezone"] = "UTC",
            ["finalize_zero_amount_invoice"] = "inherit",
            ["billing_configuration"] = Nulls(
                "invoice_grace_period", "payment_provider", "payment_provider_code", "document_locale",
                "subscription_invoice_issuing_date_anchor", "subscription_invoice_issuing_date_adjustment"),
            ["shipping_address"] = Nulls("address_line1", "address_line2", "city", "zipcode", "state", "country"),
            ["skip_invoice_custom_sections"] = false,
        };
        foreach (var member in NullAtFirst) json[member] = null;
        foreach (var member in ListsAtFirst) json[member] = new JsonArray();
        return json;
    }

    private static readonly string[] NullAtFirst =
    [
        "firstname", "lastname", "customer_type", "country", "address_line1", "address_line2", "state", "zipcode", "email", "city", "url", "phone", "logo_url",
        "legal_name", "legal_number", "currency", "tax_identification_number", "timezone", "net_payment_term", "external_salesforce_id",
    ];

    private static readonly string[] ListsAtFirst = ["metadata", "taxes", "integration_customers", "applicable_invoice_custom_sections", "error_details"];

    private static JsonObject Nulls(params ReadOnlySpan<string> members)
    {
        var json = new JsonObject();
        foreach (var member in members) json[member] = null;
        return json;
    }
}
