using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Billing.Lago;

/// <summary>A customer in Lago; currency is Lago's upper-case ISO code.</summary>
internal sealed record LagoCustomer
{
    public required string ExternalId { get; init; }
    public string? Name { get; init; }
    public string? Email { get; init; }
    public string? Currency { get; init; }
}

/// <summary>
/// What is sent about a customer; a member that is null is not sent, and so stays as it is. Metadata only on creation: a repeat meets its own keys.
/// </summary>
internal sealed record LagoCustomerInput(string ExternalId)
{
    public string? Name { get; init; }
    public string? Email { get; init; }
    public string? Currency { get; init; }
    public IReadOnlyList<LagoMetadata>? Metadata { get; init; }
}

/// <summary>Key of at most 20, value of at most 100 characters.</summary>
internal sealed record LagoMetadata(string Key, string Value)
{
    public bool DisplayInInvoice { get; init; }
}

/// <summary>A subscription in Lago. <see cref="NextPlanCode"/> is the plan of a scheduled downgrade.</summary>
internal sealed record LagoSubscription
{
    public required string ExternalId { get; init; }
    public required string ExternalCustomerId { get; init; }
    public required string PlanCode { get; init; }
    public required string Status { get; init; }
    public string? NextPlanCode { get; init; }
}

/// <summary>Asks for a subscription, or for another plan of the one with this external id. Lago has no idempotency key: the external id is it.</summary>
internal sealed record LagoSubscriptionInput(string ExternalId, string ExternalCustomerId, string PlanCode)
{
    public string BillingTime { get; init; } = "anniversary";
}

/// <summary>A plan in Lago; the amount is in the currency's minor unit, the currency in capitals.</summary>
internal sealed record LagoPlan
{
    public required string Code { get; init; }
    public string? Name { get; init; }
    public string? Interval { get; init; }
    public long? AmountCents { get; init; }
    public string? AmountCurrency { get; init; }
    public bool? PayInAdvance { get; init; }
}

/// <summary>The part of the Lago API that we use. Every call may be repeated; whatever is not a success is a <see cref="LagoException"/>.</summary>
internal sealed class LagoClient(IHttpClientFactory clients, IOptionsMonitor<LagoOptions> options, string clientName = LagoClient.Name)
{
    public const string Name = "lago";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
    };

    /// <summary>Null when there is none. An id with a dot is asked for by the filter: Lago cuts the path there, and would find somebody else.</summary>
    public async Task<LagoCustomer?> FindCustomerAsync(string externalId, CancellationToken cancellationToken)
    {
        if (externalId.Contains('.', StringComparison.Ordinal))
        {
            var path = $"customers?external_id={Uri.EscapeDataString(externalId)}";
            var found = await SendAsync<LagoCustomer[]>(HttpMethod.Get, path, "customers", body: null, cancellationToken);
            return Array.Find(found, c => c.ExternalId == externalId);
        }

        return await FindAsync<LagoCustomer>("customer", HttpMethod.Get, $"customers/{Uri.EscapeDataString(externalId)}", cancellationToken);
    }

    /// <summary>Creates or changes; 422 <c>external_id: value_already_exist</c> when another first call was quicker.</summary>
    public Task<LagoCustomer> UpsertCustomerAsync(LagoCustomerInput customer, CancellationToken cancellationToken) =>
        SendAsync<LagoCustomer>(HttpMethod.Post, "customers", "customer", new { customer }, cancellationToken);

    /// <summary>The active one; null when there is none.</summary>
    public Task<LagoSubscription?> FindSubscriptionAsync(string externalId, CancellationToken cancellationToken) =>
        FindAsync<LagoSubscription>("subscription", HttpMethod.Get, $"subscriptions/{Uri.EscapeDataString(externalId)}", cancellationToken);

    /// <summary>All that are active for a customer, by the pages of a hundred; none when Lago has no such customer.</summary>
    public async Task<IReadOnlyList<LagoSubscription>> ActiveOfAsync(string externalCustomerId, CancellationToken cancellationToken)
    {
        const int PerPage = 100;
        var all = new List<LagoSubscription>();
        for (var page = 1; ; page++)
        {
            var path = string.Create(CultureInfo.InvariantCulture,
                $"subscriptions?external_customer_id={Uri.EscapeDataString(externalCustomerId)}&status[]=active&page={page}&per_page={PerPage}");
            var found = await SendAsync<LagoSubscription[]>(HttpMethod.Get, path, "subscriptions", body: null, cancellationToken);
            all.AddRange(found);
            if (found.Length < PerPage) return all;
        }
    }

    /// <summary>The one that waits for its day; null when there is none.</summary>
    public Task<LagoSubscription?> FindPendingAsync(string externalId, CancellationToken cancellationToken) =>
        FindAsync<LagoSubscription>("subscription", HttpMethod.Get, $"subscriptions/{Uri.EscapeDataString(externalId)}?status=pending", cancellationToken);

    /// <summary>
    /// Starts it, or changes its plan: dearer = at once; cheaper = at the period's end, and the answer is the present one with
    /// <see cref="LagoSubscription.NextPlanCode"/>. The same plan is answered unchanged. 404 <c>plan_not_found</c>;
    /// 422 <c>external_id: value_already_exist</c> when another customer has it.
    /// </summary>
    public Task<LagoSubscription> SubscribeAsync(LagoSubscriptionInput subscription, CancellationToken cancellationToken) =>
        SendAsync<LagoSubscription>(HttpMethod.Post, "subscriptions", "subscription", new { subscription }, cancellationToken);

    /// <summary>Ends the active one now, with what was scheduled after it; null when it has ended before.</summary>
    public Task<LagoSubscription?> TerminateAsync(string externalId, CancellationToken cancellationToken) =>
        FindAsync<LagoSubscription>("subscription", HttpMethod.Delete, $"subscriptions/{Uri.EscapeDataString(externalId)}", cancellationToken);

    /// <summary>Takes a scheduled change back; null when there is none.</summary>
    public Task<LagoSubscription?> CancelPendingAsync(string externalId, CancellationToken cancellationToken) =>
        FindAsync<LagoSubscription>("subscription", HttpMethod.Delete, $"subscriptions/{Uri.EscapeDataString(externalId)}?status=pending", cancellationToken);

    /// <summary>All plans by their codes; one call per hundred.</summary>
    public async Task<IReadOnlyDictionary<string, LagoPlan>> PlansAsync(CancellationToken cancellationToken)
    {
        const int PerPage = 100;
        var all = new Dictionary<string, LagoPlan>(StringComparer.Ordinal);
        for (var page = 1; ; page++)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"plans?page={page}&per_page={PerPage}");
            var plans = await SendAsync<LagoPlan[]>(HttpMethod.Get, path, "plans", body: null, cancellationToken);
            foreach (var plan in plans) all[plan.Code] = plan;
            if (plans.Length < PerPage) return all;
        }
    }

    /// <summary>Makes a plan; 422 <c>code: value_already_exist</c> when there is one with this code.</summary>
    public Task<LagoPlan> CreatePlanAsync(LagoPlan plan, CancellationToken cancellationToken) =>
        SendAsync<LagoPlan>(HttpMethod.Post, "plans", "plan", new { plan }, cancellationToken);

    private async Task<T?> FindAsync<T>(string resource, HttpMethod method, string path, CancellationToken cancellationToken) where T : class
    {
        try
        {
            return await SendAsync<T>(method, path, resource, body: null, cancellationToken);
        }
        catch (LagoException absent) when (absent.IsNotFound(resource))
        {
            return null;
        }
    }

    private async Task<T> SendAsync<T>(HttpMethod method, string path, string root, object? body, CancellationToken cancellationToken)
    {
        var lago = options.CurrentValue;
        using var request = new HttpRequestMessage(method, $"{lago.ApiUrl}/{path}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", lago.ApiKey.Trim());
        if (body is not null) request.Content = JsonContent.Create(body, options: Json);

        using var client = clients.CreateClient(clientName);
        using var response = await client.SendAsync(request, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        var asked = $"{method} /{path}";
        var status = (int)response.StatusCode;
        return response.IsSuccessStatusCode ? Read<T>(text, root, status, asked) : throw LagoException.Read(status, text, asked);
    }

    private static T Read<T>(string text, string root, int status, string asked)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(root, out var found)
                && found.Deserialize<T>(Json) is { } value
                ? value
                : throw LagoException.Unreadable(status, asked, $"it has no \"{root}\"");
        }
        catch (JsonException wrong)
        {
            throw LagoException.Unreadable(status, asked, $"it is not the JSON of a {root}", wrong);
        }
    }
}
