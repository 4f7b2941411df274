using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Lago;

/// <summary>
/// A customer's metadata. The array of an update replaces all, matched by <c>id</c> alone, and new pairs are made before old ones go:
/// the same array sent twice without ids meets its own keys (customers/metadata/update_service.rb, models/metadata/customer_metadata.rb).
/// </summary>
internal static class LagoMetadata
{
    public const int CountPerCustomer = 5;

    public static JsonArray Replace(JsonArray current, JsonArray wanted, DateTimeOffset now)
    {
        var pairs = current.Select(m => (JsonObject)m!.DeepClone()).ToList();
        var kept = new List<JsonObject>();
        foreach (var item in wanted.OfType<JsonObject>())
        {
            var pair = pairs.Find(p => p.Text("lago_id") == item.Text("id"));
            if (pair is null) pairs.Add(pair = Blank(now));
            foreach (var member in item.Where(m => m.Key is "key" or "value" or "display_in_invoice")) pair[member.Key] = member.Value?.DeepClone();
            Check(pair, pairs);
            kept.Add(pair);
        }

        return new JsonArray([.. kept]);
    }

    private static JsonObject Blank(DateTimeOffset now) => new()
    {
        ["lago_id"] = Guid.NewGuid().ToString(),
        ["key"] = null,
        ["value"] = null,
        ["display_in_invoice"] = false,
        ["created_at"] = LagoJson.Time(now),
    };

    private static void Check(JsonObject pair, List<JsonObject> all)
    {
        var faults = new List<(string, string)>();
        if (pair.Text("key") is not { } key) faults.Add(("key", "value_is_mandatory"));
        else if (all.Exists(p => p != pair && p.Text("key") == key)) faults.Add(("key", "value_already_exist"));
        else if (key.Length > 20) faults.Add(("key", "value_is_too_long"));
        if (pair.Text("value") is not { } value) faults.Add(("value", "value_is_mandatory"));
        else if (value.Length > 100) faults.Add(("value", "value_is_too_long"));
        if (faults.Count > 0) throw LagoRefusal.Invalid(faults);
    }
}
