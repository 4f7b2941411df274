using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace BillingMonolith.Sandbox.Lago;

/// <summary>A customer as Lago would send it; never changed, only replaced.</summary>
internal sealed record LagoCustomer(JsonObject Json)
{
    public string ExternalId => Json.Text("external_id")!;
    public Guid LagoId => Guid.Parse(Json.Text("lago_id")!);
    public string? Name => Json.Text("name");
    public string? Email => Json.Text("email");
    public string? Currency => Json.Text("currency");

    /// <summary>Key → value.</summary>
    public IReadOnlyDictionary<string, string> Metadata =>
        Json["metadata"]!.AsArray().ToDictionary(m => m!.AsObject().Text("key")!, m => m!.AsObject().Text("value")!, StringComparer.Ordinal);
}

/// <summary>
/// <c>POST /customers</c> is an upsert by external id: only members that are present change, null clears (customers/upsert_from_api_service.rb).
/// </summary>
internal sealed partial class LagoCustomers(TimeProvider time)
{
    private static readonly string[] Writable =
    [
        "name", "firstname", "lastname", "customer_type", "country", "address_line1", "address_line2", "state", "zipcode", "email", "city", "url", "phone",
        "logo_url", "legal_name", "legal_number", "currency", "tax_identification_number", "net_payment_term", "external_salesforce_id",
    ];

    private readonly ConcurrentDictionary<string, LagoCustomer> customers = new(StringComparer.Ordinal);
    private readonly Lock writing = new();
    private int sequence;

    public IReadOnlyList<LagoCustomer> All => [.. customers.Values.OrderBy(c => (int)c.Json["sequential_id"]!)];

    /// <summary>Exact: the external id is compared as it is, not trimmed.</summary>
    public LagoCustomer Get(string externalId) => customers.TryGetValue(externalId, out var found) ? found : throw LagoRefusal.NotFound("customer");

    /// <summary>The customer of a subscription; an unknown one is made with nothing but its external id (subscriptions/create_service.rb).</summary>
    public LagoCustomer GetOrAdd(string externalId)
    {
        lock (writing)
        {
            if (customers.TryGetValue(externalId, out var known)) return known;
            return customers[externalId] = new(LagoCustomerShape.Blank(externalId, ++sequence, time.GetUtcNow()));
        }
    }

    /// <summary>A subscription gives its plan's currency to a customer that has none.</summary>
    public void SetCurrencyWhenBlank(string externalId, string currency)
    {
        lock (writing)
        {
            if (customers[externalId].Currency is not null) return;
            var json = (JsonObject)customers[externalId].Json.DeepClone();
            json["currency"] = currency;
            customers[externalId] = new(json);
        }
    }

    public async Task<LagoCustomer> UpsertAsync(JsonObject input)
    {
        if (input["metadata"] is JsonArray { Count: > LagoMetadata.CountPerCustomer }) throw LagoRefusal.Invalid("metadata", "invalid_count");
        var faults = Faults(input).ToList();
        if (faults.Count > 0) throw LagoRefusal.Invalid(faults);

        var externalId = input["external_id"]!.ToString();
        var isNew = !customers.ContainsKey(externalId);
        // Lago's find and its INSERT are apart: a second first call fits between and meets the unique index.
        if (isNew) await Task.Delay(TimeSpan.FromMilliseconds(2));
        lock (writing)
        {
            if (isNew && customers.ContainsKey(externalId)) throw LagoRefusal.Invalid("external_id", "value_already_exist");
            var json = isNew ? LagoCustomerShape.Blank(externalId, sequence + 1, time.GetUtcNow()) : (JsonObject)customers[externalId].Json.DeepClone();
            Apply(input, json);
            if (isNew) sequence++;
            return customers[externalId] = new(json);
        }
    }

    public static bool IsCurrency(string text) => CurrencyCode().IsMatch(text);

    private void Apply(JsonObject input, JsonObject json)
    {
        foreach (var member in Writable.Where(input.ContainsKey)) json[member] = input[member]?.DeepClone();
        if (input.ContainsKey("finalize_zero_amount_invoice")) json["finalize_zero_amount_invoice"] = input.Text("finalize_zero_amount_invoice") ?? "inherit";
        if (input["shipping_address"] is JsonObject address)
        {
            var known = json["shipping_address"]!.AsObject();
            foreach (var (member, value) in address.Where(a => known.ContainsKey(a.Key))) known[member] = value?.DeepClone();
        }

        if (input["metadata"] is JsonArray metadata) json["metadata"] = LagoMetadata.Replace(json["metadata"]!.AsArray(), metadata, time.GetUtcNow());
        json["updated_at"] = LagoJson.Time(time.GetUtcNow());
    }

    private static IEnumerable<(string Field, string Code)> Faults(JsonObject input)
    {
        if (input.Text("external_id") is null) yield return ("external_id", "value_is_mandatory");
        if (input.Text("email") is { } email && !Email().IsMatch(email)) yield return ("email", "invalid_email_format");
        if (input.Text("currency") is { } currency && !IsCurrency(currency)) yield return ("currency", "value_is_invalid");
        if (input.Text("country") is { Length: not 2 }) yield return ("country", "not_a_valid_country_code");
    }

    [GeneratedRegex(@"^[A-Z]{3}\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CurrencyCode();

    // Ruby's URI::MailTo::EMAIL_REGEXP, which Lago uses
    [GeneratedRegex(@"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*\z",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Email();
}
