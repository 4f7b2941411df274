using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>What goes wrong between Stripe and the endpoint, for events that happen from now on.</summary>
internal sealed class StripeDeliveryFaults
{
    /// <summary>How often each event is delivered.</summary>
    public int Repeat { get; set; } = 1;

    /// <summary>Deliveries overtake one another.</summary>
    public bool Shuffle { get; set; }

    /// <summary>Deliveries come late by this much.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Nothing is delivered; the events are listed as undelivered.</summary>
    public bool Drop { get; set; }
}

/// <summary>Webhook endpoints and what is on its way to them.</summary>
internal sealed class StripeWebhooks(StripeStore store, StripeCourier courier, int seed)
{
    private static readonly TimeSpan ShuffleWithin = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Random random = new(seed);
    private readonly Dictionary<string, string> secrets = [];
    private readonly Dictionary<string, HashSet<string>> pending = [];
    private List<StripeLetter>? held;
    private int underWay;
    private TaskCompletionSource quiet = Quiet();

    public StripeDeliveryFaults Faults { get; } = new();

    public static bool Matches(string pattern, string type) =>
        pattern == "*" || pattern == type || (pattern.EndsWith(".*", StringComparison.Ordinal) && type.StartsWith(pattern[..^1], StringComparison.Ordinal));

    public string SecretOf(string endpointId) => secrets[endpointId];

    public JsonObject Create(StripeForm form)
    {
        form.Only("url enabled_events api_version description metadata connect expand");
        if (!Uri.TryCreate(form.Need("url"), UriKind.Absolute, out _))
            throw StripeFault.Bad("Invalid URL: An explicit scheme must be provided.", "url", "url_invalid");
        var types = form.Texts("enabled_events");
        if (types.Count == 0) throw StripeFault.MissingParameter("enabled_events");
        var version = form.Text("api_version");
        if (version is not null && !StripeRendering.Versions.Contains(version)) throw StripeFault.Bad($"Invalid API version: {version}", "api_version");
        var endpoint = store.Add(StripeShapes.WebhookEndpoint().With(
            ("id", store.NewId("we_1")), ("api_version", version), ("created", store.Now), ("url", form.Text("url")),
            ("description", form.Text("description")), ("metadata", form.Metadata("metadata")),
            ("enabled_events", new JsonArray([.. types.Select(t => JsonValue.Create(t))]))));
        var secret = secrets[endpoint.Name("id")] = store.NewId("whsec_", 32);
        return endpoint.Copy().With(("secret", secret));
    }

    public JsonObject Update(string id, StripeForm form)
    {
        form.Only("url enabled_events description metadata disabled expand");
        var endpoint = store.Find("webhook_endpoint", id);
        if (form.Text("url") is { Length: > 0 } url) endpoint["url"] = url;
        if (form.Text("description") is { } description) endpoint["description"] = description;
        if (form.Texts("enabled_events") is { Count: > 0 } types) endpoint["enabled_events"] = new JsonArray([.. types.Select(t => JsonValue.Create(t))]);
        if (form.Flag("disabled") is { } disabled) endpoint["status"] = disabled ? "disabled" : "enabled";
        form.Merge("metadata", endpoint["metadata"]!.AsObject());
        return endpoint;
    }

    public JsonObject Delete(string id)
    {
        store.Remove(store.Find("webhook_endpoint", id));
        return new JsonObject { ["id"] = id, ["object"] = "webhook_endpoint", ["deleted"] = true };
    }

    /// <summary>How many endpoints want events of this type.</summary>
    public int Listeners(string type) => Endpoints(type).Count();

    /// <summary>How many endpoints have not taken this event yet.</summary>
    public long Pending(string eventId)
    {
        lock (gate) return pending.TryGetValue(eventId, out var endpoints) ? endpoints.Count : 0;
    }

    public void Send(StripeEvent happened)
    {
        foreach (var letter in Letters(happened))
        {
            lock (gate)
            {
                if (!pending.TryGetValue(happened.Id, out var endpoints)) pending[happened.Id] = endpoints = [];
                endpoints.Add(letter.EndpointId);
                if (Faults.Drop) continue;
                if (held is not null) held.Add(letter);
                else for (var n = 0; n < Faults.Repeat; n++) Dispatch(letter);
            }
        }
    }

    /// <summary>One delivery to each endpoint, whatever was delivered before.</summary>
    public Task<StripeAttempt[]> DeliverAsync(StripeEvent happened, int times) =>
        Task.WhenAll(Letters(happened).SelectMany(letter => Enumerable.Range(0, times).Select(_ => OnceAsync(letter))));

    public void Hold()
    {
        lock (gate) held ??= [];
    }

    /// <summary>Delivers what was held, one after the other, in this order of event ids; null = as they happened. Those not named stay undelivered.</summary>
    public async Task ReleaseAsync(IEnumerable<string>? order)
    {
        List<StripeLetter> letters;
        lock (gate)
        {
            letters = held ?? [];
            held = null;
        }

        if (order is not null) letters = [.. order.SelectMany(id => letters.Where(l => l.Event.Id == id))];
        foreach (var letter in letters) await CarryAsync(letter, TimeSpan.Zero);
    }

    /// <summary>Ends when every delivery under way was acknowledged. Held and dropped ones are not under way.</summary>
    public Task WaitForQuietAsync(TimeSpan timeout)
    {
        lock (gate) return underWay == 0 ? Task.CompletedTask : quiet.Task.WaitAsync(timeout);
    }

    private static TaskCompletionSource Quiet() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private IEnumerable<JsonObject> Endpoints(string type) => store.All("webhook_endpoint")
        .Where(e => e.Name("status") == "enabled" && e["enabled_events"]!.AsArray().Any(pattern => Matches((string)pattern!, type)));

    private List<StripeLetter> Letters(StripeEvent happened) => [.. store.Do(() => Endpoints(happened.Type).Select(e => new StripeLetter(
        happened, e.Name("id"), e.Name("url"), e.Text("api_version") ?? StripeRendering.Clover, secrets[e.Name("id")])).ToList())];

    private void Dispatch(StripeLetter letter) =>
        _ = CarryAsync(letter, Faults.Delay + (Faults.Shuffle ? random.NextDouble() * ShuffleWithin : TimeSpan.Zero));

    private Task CarryAsync(StripeLetter letter, TimeSpan delay)
    {
        lock (gate)
        {
            if (underWay++ == 0) quiet = Quiet();
        }

        return Task.Run(async () =>
        {
            try
            {
                if (await courier.DeliverAsync(letter, delay, () => store.Do(() => store.TryFind(letter.EndpointId)) is not null)) Acknowledge(letter);
            }
            finally
            {
                lock (gate)
                {
                    if (--underWay == 0) quiet.SetResult();
                }
            }
        });
    }

    private async Task<StripeAttempt> OnceAsync(StripeLetter letter)
    {
        var attempt = await courier.TryOnceAsync(letter);
        if (attempt.Taken) Acknowledge(letter);
        return attempt;
    }

    private void Acknowledge(StripeLetter letter)
    {
        lock (gate)
        {
            if (pending.TryGetValue(letter.Event.Id, out var endpoints) && endpoints.Remove(letter.EndpointId) && endpoints.Count == 0)
                pending.Remove(letter.Event.Id);
        }
    }
}
