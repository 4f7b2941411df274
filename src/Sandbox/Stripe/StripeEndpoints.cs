using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>Webhook endpoints: where events go, in which version, signed with which secret.</summary>
internal sealed class StripeEndpoints(StripeStore store)
{
    private readonly Dictionary<string, string> secrets = [];

    public static bool Matches(string pattern, string type) =>
        pattern == "*" || pattern == type || (pattern.EndsWith(".*", StringComparison.Ordinal) && type.StartsWith(pattern[..^1], StringComparison.Ordinal));

    public JsonObject Create(StripeForm form)
    {
        form.Only("url enabled_events api_version description metadata connect expand");
        if (!Uri.TryCreate(form.Need("url"), UriKind.Absolute, out _))
            throw StripeFault.Bad("Invalid URL: An explicit scheme must be provided.", "url", "url_invalid");
        var types = Types(form);
        if (types.Count == 0) throw StripeFault.MissingParameter("enabled_events");
        var version = form.Text("api_version");
        if (version is not null && !StripeRendering.Versions.Contains(version)) throw StripeFault.Bad($"Invalid API version: {version}", "api_version");
        var endpoint = store.Add(StripeShapes.WebhookEndpoint().With(
            ("id", store.NewId("we_1")), ("api_version", version), ("created", store.Now), ("url", form.Text("url")),
            ("description", form.Text("description")), ("metadata", form.Metadata("metadata")),
            ("enabled_events", StripeJson.Texts(types))));
        var secret = secrets[endpoint.Name("id")] = store.NewId("whsec_", 32);
        return endpoint.Copy().With(("secret", secret));
    }

    public JsonObject Update(string id, StripeForm form)
    {
        form.Only("url enabled_events description metadata disabled expand"); // an endpoint keeps its version
        var endpoint = store.Find("webhook_endpoint", id);
        if (form.Text("url") is { Length: > 0 } url) endpoint["url"] = url;
        if (form.Text("description") is { } description) endpoint["description"] = description;
        if (Types(form) is { Count: > 0 } types) endpoint["enabled_events"] = StripeJson.Texts(types);
        if (form.Flag("disabled") is { } disabled) endpoint["status"] = disabled ? "disabled" : "enabled";
        form.Merge("metadata", endpoint["metadata"]!.AsObject());
        return endpoint;
    }

    public JsonObject Delete(string id)
    {
        store.Remove(store.Find("webhook_endpoint", id));
        return new JsonObject { ["id"] = id, ["object"] = "webhook_endpoint", ["deleted"] = true };
    }

    public JsonObject List(StripeForm form)
    {
        form.Only(StripeLists.Paging);
        return StripeLists.Page("/v1/webhook_endpoints", store.All("webhook_endpoint"), form);
    }

    public bool Has(string id) => store.Do(() => store.TryFind(id) is not null);

    /// <summary>How many want events of this type.</summary>
    public int Listeners(string type) => Wanting(type).Count();

    /// <summary>One letter for each endpoint that wants the event.</summary>
    public IReadOnlyList<StripeLetter> LettersFor(StripeEvent happened) => store.Do(() => Wanting(happened.Type).Select(e => new StripeLetter(
        happened, e.Name("id"), e.Name("url"), e.Text("api_version") ?? store.ApiVersion, secrets[e.Name("id")])).ToList());

    private static IReadOnlyList<string> Types(StripeForm form)
    {
        foreach (var type in form.Items("enabled_events"))
        {
            if (type.Value is not "*" && !StripeEventTypes.All.Contains(type.Value ?? ""))
                throw StripeFault.Bad($"Invalid {type.Path}: must be one of {string.Join(", ", StripeEventTypes.All)}, or *", type.Path);
        }

        return form.Texts("enabled_events");
    }

    private IEnumerable<JsonObject> Wanting(string type) => store.All("webhook_endpoint")
        .Where(e => e.Name("status") == "enabled" && e["enabled_events"]!.AsArray().Any(pattern => Matches((string)pattern!, type)));
}
