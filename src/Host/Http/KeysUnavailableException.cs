namespace BillingMonolith.Host.Http;

/// <summary>A token's validity is unknown now, because the realm's keys are out of reach. The answer is 503, not 401.</summary>
internal sealed class KeysUnavailableException(TimeSpan retryAfter) : Exception("The realm's keys could not be fetched, so the token could not be checked.")
{
    /// <summary>The time after which to retry.</summary>
    public TimeSpan RetryAfter { get; } = retryAfter;
}
