using System.Net;
using BillingMonolith.SharedKernel;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace BillingMonolith.Host.Neighbours;

/// <summary>
/// The pipeline of every call to a neighbour: a breaker, retries, a limit per attempt. All our calls are safe to repeat (by external id or
/// Idempotency-Key), so an attempt with a transient failure is repeated; the inbox handles longer waits.
/// </summary>
internal sealed class Resilience : DelegatingHandler
{
    private static readonly TimeSpan TryTimeout = TimeSpan.FromSeconds(8);
    private readonly ResiliencePipeline<HttpResponseMessage> pipeline;
    private readonly string neighbour;
    private readonly TimeProvider time;

    /// <param name="neighbour">The name of the client: it has one breaker.</param>
    /// <param name="retries">0 for a client that retries by its own rules (Stripe's Stripe-Should-Retry).</param>
    public Resilience(string neighbour, int retries, TimeProvider time)
    {
        this.neighbour = neighbour;
        this.time = time;
        var failed = new PredicateBuilder<HttpResponseMessage>()
            // An oversized answer is no fault of the neighbour: a repeat brings the same, and the other calls must not wait for it.
            .Handle<HttpRequestException>(e => e.HttpRequestError != HttpRequestError.ConfigurationLimitExceeded).Handle<TimeoutRejectedException>()
            .Handle<OperationCanceledException>(e => e.InnerException is TimeoutException) // no connection in time (ConnectTimeout)
            .HandleResult(IsPassing);
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time };
        if (retries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = retries,
                Delay = TimeSpan.FromMilliseconds(200),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldHandle = failed,
            });
        }

        pipeline = builder
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<HttpResponseMessage>
            {
                FailureRatio = 0.8,
                MinimumThroughput = 10,
                SamplingDuration = TimeSpan.FromSeconds(20),
                BreakDuration = TimeSpan.FromSeconds(5),
                ShouldHandle = failed,
            })
            .AddTimeout(TryTimeout)
            .Build();
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            var response = await pipeline.ExecuteAsync(async token => Obedient(await base.SendAsync(request, token)), cancellationToken);
            return response;
        }
        catch (BrokenCircuitException e)
        {
            throw new RetryAfterException(neighbour, e.RetryAfter ?? TimeSpan.FromSeconds(5));
        }
    }

    // Statuses that may be transient; every other one is an answer.
    private static bool IsPassing(HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable
            or HttpStatusCode.GatewayTimeout or HttpStatusCode.RequestTimeout;

    private HttpResponseMessage Obedient(HttpResponseMessage response)
    {
        if (response.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable)
            || response.Headers.RetryAfter is not { } asked) return response;
        var delay = asked.Delta ?? asked.Date - time.GetUtcNow() ?? TimeSpan.Zero;
        if (delay <= TimeSpan.Zero) return response;
        response.Dispose();
        throw new RetryAfterException(neighbour, delay);
    }
}

internal static class ResilienceRegistration
{
    /// <summary>The time after which a health check is cancelled, which leaves it time to report what hangs.</summary>
    public static readonly TimeSpan HealthLimit = TimeSpan.FromSeconds(2.5);

    /// <summary>
    /// Adds a neighbour: a named client, and a second one, <c>name-health</c>, for its health check: without retries, so that it answers in time, and
    /// without the breaker, so that neither affects the other.
    /// </summary>
    public static IServiceCollection AddNeighbour(this IServiceCollection services, string name, int retries)
    {
        services.AddClient($"{name}-health", HealthLimit);
        return services.AddResilientClient(name, retries);
    }

    /// <summary>Adds a named client with one breaker for it in this process.</summary>
    public static IServiceCollection AddResilientClient(this IServiceCollection services, string name, int retries)
    {
        services.AddClient(name, TimeSpan.FromSeconds(30))
            .AddHttpMessageHandler(s => new Resilience(name, retries, s.GetRequiredService<TimeProvider>()));
        return services;
    }

    /// <summary>
    /// Adds a named client with bounded answers: in size by <see cref="NeighboursOptions.MaxAnswerBytes"/>, in time from the request to the last byte,
    /// and no redirect is followed. Nothing is decompressed, so a small answer on the wire is small in memory.
    /// </summary>
    public static IHttpClientBuilder AddClient(this IServiceCollection services, string name, TimeSpan timeout)
    {
        // Post: registering a typed client for the name, before or after, puts in a plain handler of its own (Refit does).
        services.PostConfigure<HttpClientFactoryOptions>(name, o => o.HttpMessageHandlerBuilderActions.Add(builder =>
            builder.PrimaryHandler = new BoundedAnswers(name, builder.Services.GetRequiredService<IOptions<NeighboursOptions>>().Value.MaxAnswerBytes)
            {
                InnerHandler = new SocketsHttpHandler
                {
                    PooledConnectionLifetime = TimeSpan.FromMinutes(5),
                    ConnectTimeout = TimeSpan.FromSeconds(3),
                    AllowAutoRedirect = false,
                    AutomaticDecompression = DecompressionMethods.None,
                },
            }));
        return services.AddHttpClient(name).ConfigureHttpClient(c => c.Timeout = timeout).SetHandlerLifetime(Timeout.InfiniteTimeSpan);
    }
}
