namespace BillingMonolith.Host.Http;

/// <summary>Whether a token is good cannot be said now: the realm's keys are out of reach. The answer is 503, not 401.</summary>
internal sealed class KeysUnavailableException(TimeSpan retryAfter) : Exception("The realm's keys could not be fetched, so the token could not be checked.")
{
    /// <summary>When to ask again.</summary>
    public TimeSpan RetryAfter { get; } = retryAfter;
}
