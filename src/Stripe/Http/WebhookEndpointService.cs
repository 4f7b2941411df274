namespace Stripe;

/// <summary>Webhook endpoints: <c>/v1/webhook_endpoints</c>. All methods throw <see cref="StripeException"/>.</summary>
public sealed class WebhookEndpointService(StripeClient client) : Service<WebhookEndpoint>(client, "/v1/webhook_endpoints", WebhookEndpoint.Read)
{
    /// <summary>Makes an endpoint; the answer has its secret.</summary>
    public Task<WebhookEndpoint> CreateAsync(
        WebhookEndpointCreateOptions create, RequestOptions? options = null, CancellationToken cancellationToken = default) =>
        PostAsync(create, options, cancellationToken);

    /// <summary>Reads an endpoint.</summary>
    public Task<WebhookEndpoint> GetAsync(string id, IReadOnlyList<string>? expand = null, CancellationToken cancellationToken = default) =>
        FetchAsync(id, expand, cancellationToken);

    /// <summary>Changes what is named, and nothing else.</summary>
    public Task<WebhookEndpoint> UpdateAsync(
        string id, WebhookEndpointUpdateOptions update, RequestOptions? options = null, CancellationToken cancellationToken = default) =>
        PostAsync(id, update, options, cancellationToken);

    /// <summary>The account's endpoints.</summary>
    public Task<StripeList<WebhookEndpoint>> ListAsync(WebhookEndpointListOptions? list = null, CancellationToken cancellationToken = default) =>
        PageAsync(list, cancellationToken);
}

/// <summary>Parameters of a new endpoint.</summary>
public sealed class WebhookEndpointCreateOptions : BaseOptions
{
    /// <summary>The address.</summary>
    public required string Url { get; init; }

    /// <summary>Types of events, or <c>*</c>.</summary>
    public required IReadOnlyList<string> EnabledEvents { get; init; }

    /// <summary>The shape of its events; the account's without it.</summary>
    public string? ApiVersion { get; init; }

    /// <summary>For people.</summary>
    public string? Description { get; init; }
}

/// <summary>What to change.</summary>
public sealed class WebhookEndpointUpdateOptions : BaseOptions
{
    /// <summary>Types of events, or <c>*</c>, in the place of those that were.</summary>
    public IReadOnlyList<string>? EnabledEvents { get; init; }
}

/// <summary>Which endpoints.</summary>
public sealed class WebhookEndpointListOptions : ListOptions;
