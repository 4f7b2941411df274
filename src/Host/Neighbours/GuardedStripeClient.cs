using System.Net;
using System.Text;
using System.Text.Json;
using BillingMonolith.SharedKernel;
using Stripe;

namespace BillingMonolith.Host.Neighbours;

/// <summary>
/// Stripe.net's client behind the guards that it lacks: an invalid id sends no request, an answer is checked against <see cref="StripeShape"/>, and
/// every error is a <see cref="StripeException"/> that holds neither the key nor a body. It retries by Stripe's own rules
/// (Stripe-Should-Retry), and no other layer retries.
/// </summary>
internal sealed class GuardedStripeClient : IStripeClient
{
    /// <summary>The API version of every call and of the webhook endpoints that we make: the one that Stripe.net's entities have.</summary>
    public const string Version = "2026-10-28.endive";

    private const int LongestKey = 255;
    private readonly StripeClient client;

    /// <param name="http">Bounded in time, size and redirects. Its base address is Stripe's API, or a stand-in for it.</param>
    /// <param name="apiKey">The secret key. It is sent, and never shown.</param>
    /// <param name="retries">0 for a caller that needs an answer at once.</param>
    /// <exception cref="ArgumentException">The key is blank or has characters that a header cannot carry.</exception>
    public GuardedStripeClient(HttpClient http, string apiKey, int retries = 2)
    {
        if (!IsPrintable(apiKey)) throw new ArgumentException("The Stripe API key is missing, or holds a space, a line break or the like.", nameof(apiKey));
        client = new StripeClient(new StripeClientOptions
        {
            ApiKey = apiKey,
            ApiBase = http.BaseAddress?.AbsoluteUri.TrimEnd('/') ?? StripeClient.DefaultApiBase,
            HttpClient = new StripeRefusals(new SystemNetHttpClient(http, retries, appInfo: null, enableTelemetry: false)),
        });
    }

    string IStripeClient.ApiBase => client.ApiBase;

    string? IStripeClient.ApiKey => null; // for Stripe.net's services, which do not use it; nobody else may

    string? IStripeClient.ClientId => null;

    string IStripeClient.ConnectBase => client.ConnectBase;

    string IStripeClient.FilesBase => client.FilesBase;

    string IStripeClient.MeterEventsBase => client.MeterEventsBase;

    /// <inheritdoc/>
    /// <exception cref="StripeException">Stripe refused, could not be reached, or sent an invalid answer.</exception>
    public async Task<T> RequestAsync<T>(
        HttpMethod method, string path, BaseOptions? options, RequestOptions? requestOptions, CancellationToken cancellationToken = default)
        where T : IStripeEntity
    {
        var request = $"{method} {path}";
        RefuseWhatIsNoId(path);
        if (requestOptions?.IdempotencyKey is { } key && (key.Length > LongestKey || !IsPrintable(key)))
            throw new ArgumentException($"An idempotency key is 1 to {LongestKey} printable ASCII characters.", nameof(requestOptions));
        T answer;
        try
        {
            answer = await client.RequestAsync<T>(method, path, options, requestOptions, cancellationToken);
        }
        catch (Exception e) when (e is not RetryAfterException)
        {
            // Stripe.net's exceptions hold bodies: they do not pass when the caller has left meanwhile either.
            cancellationToken.ThrowIfCancellationRequested();
            throw StripeErrors.Said(request, e, client.ApiKey);
        }

        Check(request, answer);
        if (method == HttpMethod.Get && answer is IHasId { Id: var id } && id != Uri.UnescapeDataString(path[(path.LastIndexOf('/') + 1)..]))
            throw StripeErrors.NotUnderstood(request, "It is about another object than was asked for.");
        return answer;
    }

    /// <summary>Nothing here reads streams.</summary>
    public Task<Stream> RequestStreamingAsync(
        HttpMethod method, string path, BaseOptions? options, RequestOptions? requestOptions, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Answers are read whole, because they are bounded.");

    // Ids come from browsers too: an invalid id names no object, and must not name another path.
    private static void RefuseWhatIsNoId(string path)
    {
        if (path.Split('/').Skip(1).All(segment => segment is not ("" or "." or ".."))) return;
        throw new StripeException(HttpStatusCode.NotFound,
            new StripeError { Type = "invalid_request_error", Code = "resource_missing", Message = "Not an id.", Param = "id" }, $"{path} names no object.");
    }

    // Stripe.net accepts {} for an object without an id, one kind for another, and the last of two members. An invalid answer may be transient.
    private static void Check<T>(string request, T answer) where T : IStripeEntity
    {
        try
        {
            using var document = StripeJson.Parse(Encoding.UTF8.GetBytes(answer?.StripeResponse?.Content ?? ""));
            var data = StripeJson.Get(document.RootElement, "data");
            if (answer is not IEnumerable<StripeEntity> page)
            {
                if (data.ValueKind == JsonValueKind.Array) foreach (var (i, one) in data.EnumerateArray().Index()) CheckOne(one, typeof(T), $"data[{i}]");
                else CheckOne(document.RootElement, typeof(T), "");
                return;
            }

            if (data.ValueKind != JsonValueKind.Array) throw new StripeEventException("data", "should be an array.");
            foreach (var (i, one) in data.EnumerateArray().Index()) CheckOne(one, typeof(T).GetGenericArguments()[0], $"data[{i}]");
            // An entity of a list has no answer of its own, and so would lack its time.
            foreach (var entity in page) entity.StripeResponse = answer.StripeResponse;
        }
        catch (StripeEventException e)
        {
            throw StripeErrors.NotUnderstood(request, e.Message, e);
        }
    }

    private static void CheckOne(JsonElement json, Type type, string path)
    {
        StripeJson.Check(json, "identified", path);
        var kind = StripeJson.Get(json, "object") is { ValueKind: JsonValueKind.String } said ? said.GetString()! : "";
        if (StripeTypeRegistry.ObjectsToTypes.TryGetValue(kind, out var entity) && typeof(IHasObject).IsAssignableFrom(type) && entity != type)
            throw new StripeEventException(path.Length == 0 ? "object" : $"{path}.object", $"is \"{kind}\", and a {type.Name} was asked for.");
        var isRemoved = StripeJson.Get(json, "deleted").ValueKind == JsonValueKind.True;
        if (!isRemoved && kind != "event" && StripeShape.Knows(kind)) StripeJson.Check(json, kind, path);
    }

    private static bool IsPrintable(string? text) => !string.IsNullOrEmpty(text) && !text.AsSpan().ContainsAnyExceptInRange('!', '~');
}
