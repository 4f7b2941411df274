using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>Customers as the API makes them; a checkout makes its own.</summary>
internal sealed class StripeCustomers(StripeStore store)
{
    private const string Members =
        "address balance description email invoice_prefix invoice_settings metadata name phone preferred_locales shipping tax_exempt expand";

    public JsonObject Create(StripeForm form)
    {
        form.Only(Members);
        return store.Add(Describe(StripeShapes.Customer().With(
            ("id", store.NewId("cus_", 14)), ("created", store.Now), ("invoice_prefix", store.NewId("", 8).ToUpperInvariant())), form));
    }

    public JsonObject Get(string id)
    {
        var customer = store.Find("customer", id);
        return customer.ContainsKey("deleted") ? Tombstone(id) : customer;
    }

    public JsonObject Update(string id, StripeForm form)
    {
        form.Only(Members);
        var customer = store.Find("customer", id);
        return customer.ContainsKey("deleted") ? throw StripeFault.Missing("customer", id) : Describe(customer, form);
    }

    /// <summary>A deleted customer can still be read: <c>{id, object, deleted}</c>.</summary>
    public JsonObject Delete(string id)
    {
        store.Find("customer", id)["deleted"] = true;
        return Tombstone(id);
    }

    /// <summary>The filter on e-mail is exact, upper and lower case apart, and can find several.</summary>
    public JsonObject List(StripeForm form)
    {
        form.Only(StripeLists.Paging + " email");
        return StripeLists.Page("/v1/customers", store.All("customer")
            .Where(c => !c.ContainsKey("deleted") && (form.Text("email") ?? c.Text("email")) == c.Text("email")), form);
    }

    private static JsonObject Describe(JsonObject customer, StripeForm form)
    {
        form.Merge("metadata", customer["metadata"]!.AsObject());
        foreach (var name in new[] { "description", "email", "name", "phone", "tax_exempt" })
        {
            if (form.Text(name) is { } text) customer[name] = text.Length > 0 ? text : null;
        }

        if (form.Group("address") is { } address)
        {
            address.Only("city country line1 line2 postal_code state");
            var kept = StripeShapes.Address();
            foreach (var (name, _) in kept.ToList()) kept[name] = address.Text(name);
            customer["address"] = kept;
        }

        return customer;
    }

    private static JsonObject Tombstone(string id) => new() { ["id"] = id, ["object"] = "customer", ["deleted"] = true };
}
