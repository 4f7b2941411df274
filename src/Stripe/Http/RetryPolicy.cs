using System.Net;

namespace Stripe;

/// <summary>
/// When and how late a request is sent again, as Stripe's own libraries do it (stripe-dotnet, SystemNetHttpClient.cs): Stripe-Should-Retry decides;
/// without it no answer, a conflict or a fault of Stripe's. Twice at most, after 0.5 s and doubling up to 5 s, with jitter.
/// </summary>
internal static class RetryPolicy
{
    public const int MaxRetries = 2;
    private static readonly TimeSpan First = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    public static bool ShouldRetry(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Stripe-Should-Retry", out var values)
            ? string.Equals(values.FirstOrDefault(), "true", StringComparison.OrdinalIgnoreCase)
            : response.StatusCode is HttpStatusCode.Conflict or >= HttpStatusCode.InternalServerError;

    /// <param name="retry">0 before the first retry.</param>
    /// <param name="random">0 to 1: three quarters to all of the time, and never less than the first.</param>
    public static TimeSpan Delay(int retry, double random)
    {
        var delay = First * Math.Pow(2, retry);
        if (delay > Longest) delay = Longest;
        delay *= 0.75 + (0.25 * random);
        return delay < First ? First : delay;
    }
}
