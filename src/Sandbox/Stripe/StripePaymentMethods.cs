using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>How a saved card answers a payment that its owner does not watch.</summary>
internal enum StripeCard
{
    /// <summary>It pays.</summary>
    Good,
    /// <summary>Its bank declines.</summary>
    Declined,
    /// <summary>Its bank wants to ask its owner first.</summary>
    NeedsAuthentication,
}

/// <summary>Cards: attached to a customer when they were kept for later payments.</summary>
internal sealed class StripePaymentMethods(StripeStore store)
{
    private readonly Dictionary<string, StripeCard> behaviours = [];

    /// <summary>A card that somebody typed; <paramref name="customer"/> null = used once and not kept.</summary>
    public JsonObject Card(string? customer, JsonNode? owner = null)
    {
        var card = store.Add(StripeShapes.CardPaymentMethod().With(
            ("id", store.NewId("pm_1")), ("created", store.Now), ("customer", customer), ("allow_redisplay", customer is null ? "unspecified" : "limited")));
        card["billing_details"]!.AsObject().With(("email", owner?.Text("email")), ("name", owner?.Text("name")));
        return card;
    }

    public void Behaves(string id, StripeCard behaviour) => behaviours[store.Find("payment_method", id).Name("id")] = behaviour;

    public StripeCard BehaviourOf(string id) => behaviours.GetValueOrDefault(id);

    public JsonObject List(StripeForm form)
    {
        form.Only(StripeLists.Paging + " customer type allow_redisplay>=endive");
        return Of(store.Find("customer", form.Need("customer"), "customer").Name("id"), "/v1/payment_methods", form);
    }

    public JsonObject ListOf(string customer, StripeForm form)
    {
        form.Only(StripeLists.Paging + " type allow_redisplay");
        return Of(store.Find("customer", customer).Name("id"), $"/v1/customers/{customer}/payment_methods", form);
    }

    public JsonObject Detach(string id, StripeForm form)
    {
        form.Only("expand");
        var method = store.Find("payment_method", id);
        return method.Text("customer") is not null ? method.With(("customer", null))
            : throw StripeFault.Bad("The payment method you provided is not attached to a customer so detachment is impossible.");
    }

    private JsonObject Of(string customer, string url, StripeForm form) => StripeLists.Page(url, store.All("payment_method").Where(m =>
        m.Text("customer") == customer && (form.Text("type") ?? m.Text("type")) == m.Text("type") &&
        (form.Text("allow_redisplay") ?? m.Text("allow_redisplay")) == m.Text("allow_redisplay")), form);
}
