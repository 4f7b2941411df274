using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace BillingMonolith.Sandbox;

/// <summary>One POST of an event to an endpoint and how it was answered (Status 0: not at all, see Error).</summary>
internal sealed record StripeAttempt(string EventId, string EventType, string Url, DateTimeOffset At, int Number, int Status, string? Error)
{
    public bool Taken => Status is >= 200 and < 300;
}

/// <summary>An event on its way to one endpoint.</summary>
internal sealed record StripeLetter(StripeEvent Event, string EndpointId, string Url, string ApiVersion, string Secret);

/// <summary>Posts events as Stripe does: signed anew at each try, 2xx taken, all else (3xx too) tried again.</summary>
internal sealed class StripeCourier : IAsyncDisposable
{
    private static readonly MediaTypeHeaderValue Json = new("application/json", "utf-8");

    private readonly HttpMessageInvoker http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
    });

    private readonly SemaphoreSlim slots = new(32);
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentQueue<StripeAttempt> attempts = new();

    /// <summary>The wait after the first failure; it doubles up to <see cref="LongestWait"/>.</summary>
    public TimeSpan FirstWait { get; set; } = TimeSpan.FromSeconds(0.5);

    public TimeSpan LongestWait { get; set; } = TimeSpan.FromSeconds(30);

    public TimeSpan AnswerWithin { get; set; } = TimeSpan.FromSeconds(20);

    public IReadOnlyList<StripeAttempt> Attempts => [.. attempts];

    /// <summary><c>t=…,v1=…</c>: HMAC-SHA256 with the whole secret over <c>t.body</c>. The time is real, whatever the sandbox's clock says.</summary>
    public static string Sign(string secret, ReadOnlySpan<byte> body, DateTimeOffset at)
    {
        var stamp = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.UTF8.GetBytes(stamp + "."), .. body];
        var mac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed);
        return $"t={stamp},v1={Convert.ToHexStringLower(mac)}";
    }

    /// <summary>Tries until it is taken, until nobody wants it there any more, or until the end of the sandbox.</summary>
    public async Task<bool> DeliverAsync(StripeLetter letter, TimeSpan delay, Func<bool> wanted)
    {
        try
        {
            await Task.Delay(delay, stopping.Token);
            var wait = FirstWait;
            for (var number = 1; wanted(); number++)
            {
                if ((await TryOnceAsync(letter, number)).Taken) return true;
                await Task.Delay(wait, stopping.Token);
                wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // the sandbox ends
        }

        return false;
    }

    public async Task<StripeAttempt> TryOnceAsync(StripeLetter letter, int number = 1)
    {
        await slots.WaitAsync(stopping.Token);
        try
        {
            var at = TimeProvider.System.GetUtcNow();
            var (status, error) = await PostAsync(letter, at);
            var attempt = new StripeAttempt(letter.Event.Id, letter.Event.Type, letter.Url, at, number, status, error);
            attempts.Enqueue(attempt);
            return attempt;
        }
        finally
        {
            slots.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        http.Dispose();
    }

    private async Task<(int Status, string? Error)> PostAsync(StripeLetter letter, DateTimeOffset at)
    {
        var body = letter.Event.Bytes(letter.ApiVersion);
        using var request = new HttpRequestMessage(HttpMethod.Post, letter.Url);
        request.Content = new ByteArrayContent(body) { Headers = { ContentType = Json } };
        request.Headers.TryAddWithoutValidation("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)");
        request.Headers.TryAddWithoutValidation("Stripe-Signature", Sign(letter.Secret, body, at));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        patience.CancelAfter(AnswerWithin);
        try
        {
            using var response = await http.SendAsync(request, patience.Token);
            return ((int)response.StatusCode, response.IsSuccessStatusCode ? null : response.ReasonPhrase);
        }
        catch (HttpRequestException failure)
        {
            return (0, failure.Message);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return (0, "Timed out");
        }
    }
}
