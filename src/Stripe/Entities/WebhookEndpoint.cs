namespace Stripe;

/// <summary>Where Stripe sends events.</summary>
public sealed record WebhookEndpoint : IHasId
{
    /// <summary><c>we_…</c></summary>
    public required string Id { get; init; }

    /// <summary>The address.</summary>
    public required string Url { get; init; }

    /// <summary><c>enabled</c> or <c>disabled</c>.</summary>
    public required string Status { get; init; }

    /// <summary>The shape of its events; null = the account's. It cannot be changed.</summary>
    public string? ApiVersion { get; init; }

    /// <summary>Types of events, or <c>*</c>.</summary>
    public required IReadOnlyList<string> EnabledEvents { get; init; }

    /// <summary>What its events are signed with. Stripe tells it only when the endpoint is made.</summary>
    public string? Secret { get; init; }

    internal static WebhookEndpoint Read(Fields json) => new()
    {
        Id = json.Id("id"),
        Url = json.Text("url"),
        Status = json.Text("status"),
        ApiVersion = json.TextOrNull("api_version"),
        EnabledEvents = json.Texts("enabled_events"),
        Secret = json.TextOrNull("secret"),
    };
}
