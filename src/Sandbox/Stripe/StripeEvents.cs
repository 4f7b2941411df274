using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>One event, rendered at its creation in each version that an endpoint may have; the bytes never change after.</summary>
internal sealed class StripeEvent(string id, string type, long created, string apiVersion, Dictionary<string, JsonObject> renderings)
{
    private readonly Dictionary<string, byte[]> bytes =
        renderings.ToDictionary(r => r.Key, r => System.Text.Encoding.UTF8.GetBytes(r.Value.ToJsonString(StripeRendering.Json)));

    public string Id { get; } = id;
    public string Type { get; } = type;
    public long Created { get; } = created;

    /// <summary>The account's version when it happened, in which it is listed for ever.</summary>
    public string ApiVersion { get; } = apiVersion;

    /// <summary>The id of the object that it is about.</summary>
    public string? ObjectId { get; } = renderings.Values.First()["data"]!["object"]!.Text("id");

    /// <summary>The body that an endpoint of this version receives.</summary>
    public byte[] Bytes(string apiVersion = StripeRendering.Endive) => bytes[apiVersion];
}

/// <summary>
/// The event log. Events that the product has no use for (customer.created, charge.updated …) are left out; those here come in Stripe's order.
/// </summary>
internal sealed class StripeEvents(StripeStore store, StripeRendering rendering, StripeEndpoints endpoints, StripeWebhooks webhooks)
{
    private const long ThirtyDays = 30 * 24 * 3600;

    private readonly List<StripeEvent> log = [];

    /// <summary>The API request that is being carried out; null when the customer or Stripe itself acts.</summary>
    public StripeCall? Cause { get; set; }

    public IReadOnlyList<StripeEvent> Log => [.. log];

    public void Emit(string type, JsonObject thing, JsonObject? before = null)
    {
        var (id, now, listeners) = (store.NewId("evt_1"), store.Now, endpoints.Listeners(type));
        var renderings = StripeRendering.Versions.ToDictionary(version => version, version =>
        {
            var after = rendering.Render(thing, version);
            var data = new JsonObject { ["object"] = after };
            if (before is not null && StripeJson.Previous(rendering.Render(before, version), after) is { } previous) data["previous_attributes"] = previous;
            return new JsonObject
            {
                ["id"] = id,
                ["object"] = "event",
                ["api_version"] = version,
                ["created"] = now,
                ["data"] = data,
                ["livemode"] = false,
                ["pending_webhooks"] = listeners,
                ["request"] = new JsonObject { ["id"] = Cause?.RequestId, ["idempotency_key"] = Cause?.IdempotencyKey },
                ["type"] = type,
            };
        });
        var happened = new StripeEvent(id, type, now, store.ApiVersion, renderings);
        log.Add(happened);
        webhooks.Send(happened);
    }

    /// <summary>Changes a thing and tells, with the old values; tells nothing when nothing changed.</summary>
    public void Change(string type, JsonObject thing, Action change)
    {
        var before = thing.Copy();
        change();
        if (!JsonNode.DeepEquals(before, thing)) Emit(type, thing, before);
    }

    public StripeEvent Find(string id) => log.Find(e => e.Id == id) ?? throw StripeFault.Missing("event", id);

    public JsonObject Get(string id) => AsListed(Find(id));

    public JsonObject List(StripeForm form)
    {
        var types = form.Texts("types");
        if (form.Text("type") is not null && types.Count > 0) throw StripeFault.Bad("You may only specify one of these parameters: type, types.", "types");
        if (types.Count > 20) throw StripeFault.Bad("You can specify at most 20 types.", "types");
        if (form.Text("type") is { } one) types = [one];
        var since = store.Now - ThirtyDays;
        var delivered = form.Flag("delivery_success");
        var matching = Enumerable.Reverse(log)
            .Where(e => e.Created >= since && (types.Count == 0 || types.Any(t => StripeEndpoints.Matches(t, e.Type))))
            .Where(e => delivered is null || webhooks.Pending(e.Id) == 0 == delivered)
            .Where(e => StripeLists.CreatedWithin(form, e.Created));
        return StripeLists.Page("/v1/events", matching, e => e.Id, AsListed, form);
    }

    /// <summary>Lists have the version that the account had then, whatever an endpoint or the request has, and what is pending now.</summary>
    private JsonObject AsListed(StripeEvent happened) =>
        StripeJson.Parse(System.Text.Encoding.UTF8.GetString(happened.Bytes(happened.ApiVersion))).With(("pending_webhooks", webhooks.Pending(happened.Id)));
}
