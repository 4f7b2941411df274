using Microsoft.Extensions.Options;

namespace BillingMonolith.SharedKernel;

/// <summary>
/// The delay after a failed step: it doubles each time, has jitter, and is never shorter than the neighbour asked for (within reason). A neighbour
/// that always asks for one second must not use up the attempts meant for an outage of hours.
/// </summary>
public sealed class Backoff(IOptions<InboxOptions> options, Random random)
{
    /// <summary>The delay after so many attempts.</summary>
    public TimeSpan Delay(int attempt, Exception? failure)
    {
        var longest = options.Value.MaxDelaySeconds;
        var seconds = Math.Min(options.Value.FirstDelaySeconds * Math.Pow(2, Math.Min(attempt - 1, 30)), longest) * (0.5 + (random.NextDouble() / 2));
        var asked = failure is RetryAfterException { Delay: var delay } ? Math.Min(delay.TotalSeconds, longest) : 0;
        return TimeSpan.FromSeconds(Math.Max(seconds, asked));
    }

    /// <summary>Whether to park the step for a person.</summary>
    public bool IsSpent(int attempt) => attempt >= options.Value.MaxAttempts;
}
