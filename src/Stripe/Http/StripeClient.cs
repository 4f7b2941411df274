using System.Globalization;
using System.Net.Http.Headers;

namespace Stripe;

/// <summary>Stripe's HTTP API: one way to send any request. The services give it names.</summary>
public sealed class StripeClient
{
    /// <summary>The API version that is sent always, so that the account's default does not matter.</summary>
    public const string ApiVersion = "2025-11-17.clover";

    private static readonly Uri DefaultBase = new("https://api.stripe.com");
    private readonly HttpClient http;
    private readonly string apiKey;
    private readonly TimeProvider time;
    private readonly Random random;
    private readonly int maxNetworkRetries;

    /// <summary>A client for one account.</summary>
    /// <param name="http">Its base address is used when it has one; else https://api.stripe.com.</param>
    /// <param name="apiKey">The secret key. It is sent, and shown nowhere.</param>
    /// <param name="time">For the waits between retries.</param>
    /// <param name="random">For their jitter.</param>
    /// <param name="maxNetworkRetries">0 for a caller that wants to know how things are now.</param>
    /// <exception cref="ArgumentException">The key is blank or holds what a header cannot carry.</exception>
    public StripeClient(HttpClient http, string apiKey, TimeProvider time, Random random, int maxNetworkRetries = RetryPolicy.MaxRetries)
    {
        if (string.IsNullOrEmpty(apiKey) || apiKey.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new ArgumentException("The Stripe API key is missing, or holds a space, a line break or the like.", nameof(apiKey));
        }

        (this.http, this.apiKey, this.time, this.random, this.maxNetworkRetries) = (http, apiKey, time, random, maxNetworkRetries);
    }

    /// <summary>Sends one logical request, again if need be, and reads its answer.</summary>
    internal async Task<StripeResponse<T>> SendAsync<T>(
        HttpMethod method, string path, object? parameters, Func<Fields, T> read, RequestOptions? options, CancellationToken cancellationToken)
    {
        var key = method == HttpMethod.Post ? IdempotencyKey(options) : null;
        for (var retry = 0; ; retry++)
        {
            var isLast = retry >= maxNetworkRetries;
            try
            {
                using var request = Request(method, path, parameters, key);
                using var response = await http.SendAsync(request, cancellationToken);
                if (response.IsSuccessStatusCode) return await ReadAsync(response, $"{method} {path}", read, cancellationToken);
                if (isLast || !RetryPolicy.ShouldRetry(response)) throw await ErrorAsync(response, $"{method} {path}", cancellationToken);
            }
            catch (Exception e) when (e is HttpRequestException || IsTimeout(e, cancellationToken))
            {
                if (isLast) throw new StripeException($"{method} {path}: Stripe could not be reached: {WithoutKey(e.Message)}", e);
            }

            await Task.Delay(RetryPolicy.Delay(retry, NextDouble()), time, cancellationToken);
        }
    }

    private HttpRequestMessage Request(HttpMethod method, string path, object? parameters, string? idempotencyKey)
    {
        var address = (http.BaseAddress ?? DefaultBase).AbsoluteUri.TrimEnd('/') + path;
        var query = method == HttpMethod.Post ? "" : FormContent.Encode(parameters);
        var request = new HttpRequestMessage(method, query.Length == 0 ? address : $"{address}?{query}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
        request.Headers.Add("Stripe-Version", ApiVersion);
        if (method == HttpMethod.Post) request.Content = new FormContent(parameters);
        if (idempotencyKey is not null) request.Headers.Add("Idempotency-Key", idempotencyKey);
        return request;
    }

    // A Guid and not the Random from outside: two hosts with one seed must never send the same key for different things.
    private static string IdempotencyKey(RequestOptions? options)
    {
        var key = options?.IdempotencyKey ?? Guid.NewGuid().ToString("D", CultureInfo.InvariantCulture);
        return key.Length is > 0 and <= 255 && !key.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? key
            : throw new ArgumentException("An idempotency key is 1 to 255 printable ASCII characters.", nameof(options));
    }

    private static async Task<StripeResponse<T>> ReadAsync<T>(
        HttpResponseMessage response, string request, Func<Fields, T> read, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        try
        {
            using var document = Fields.Parse(body);
            return new StripeResponse<T>(read(Fields.Of(document.RootElement, "$")), response.Headers.Date);
        }
        catch (StripeEventException e)
        {
            throw new StripeException($"{request}: the answer ({(int)response.StatusCode}) cannot be understood. {e.Message}", e)
            {
                HttpStatusCode = response.StatusCode,
            };
        }
    }

    private async Task<StripeException> ErrorAsync(HttpResponseMessage response, string request, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var requestId = response.Headers.TryGetValues("Request-Id", out var ids) ? ids.FirstOrDefault() : null;
        var error = StripeError.ReadOrNull(body, requestId);
        if (error is not null) error = error with { Message = WithoutKey(error.Message) };
        var said = error is null
            ? $"the body ({response.Content.Headers.ContentType?.MediaType ?? "of no type"}) is no error of Stripe's: something between us and Stripe answered."
            : error.Message ?? error.Code ?? error.Type;
        return new StripeException($"{request}: {(int)response.StatusCode}: {said}")
        {
            HttpStatusCode = response.StatusCode,
            StripeError = error,
            RetryAfter = RetryAfter(response),
        };
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > time.GetUtcNow() => date - time.GetUtcNow(),
        { Date: not null } => TimeSpan.Zero,
        _ => null,
    };

    private string? WithoutKey(string? text) => text?.Replace(apiKey, "[key]", StringComparison.Ordinal);

    private static bool IsTimeout(Exception e, CancellationToken cancellationToken) =>
        e is OperationCanceledException && !cancellationToken.IsCancellationRequested;

    private double NextDouble()
    {
        lock (random) return random.NextDouble(); // a seeded Random is not safe for threads
    }
}

/// <summary>What Stripe answered, and when by its own clock.</summary>
internal readonly record struct StripeResponse<T>(T Value, DateTimeOffset? Date);
