using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>Customers as the API makes them; a checkout makes its own.</summary>
internal sealed class StripeCustomers(StripeStore store, StripeSubscriptions subscriptions)
{
    private const string Members =
        "address balance description email invoice_prefix invoice_settings metadata name phone preferred_locales shipping tax_exempt expand";

    public JsonObject Create(StripeForm form)
    {
        form.Only(Members);
        return store.Add(Describe(StripeShapes.Customer().With(
            ("id", store.NewId("cus_", 14)), ("created", store.Now), ("invoice_prefix", store.NewId("", 8).ToUpperInvariant())), form));
    }

    public JsonObject Update(string id, StripeForm form)
    {
        form.Only(Members);
        var customer = store.Find("customer", id);
        return customer.ContainsKey("deleted") ? throw StripeFault.Missing("customer", id) : Describe(customer, form);
    }

    /// <summary>A deleted customer has no subscription from then on, and can still be read: <c>{id, object, deleted}</c>.</summary>
    public JsonObject Delete(string id, StripeForm form)
    {
        form.Only("expand");
        if (store.Find("customer", id).ContainsKey("deleted")) throw StripeFault.Missing("customer", id);
        foreach (var subscription in store.All("subscription").Where(s => s.Text("customer") == id && s.Name("status") != "canceled").ToList())
            subscriptions.Cancel(subscription.Name("id"), new StripeForm());
        return store.Find("customer", id).With(("deleted", true));
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
}
