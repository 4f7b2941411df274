using Microsoft.Extensions.Options;

namespace BillingMonolith.SharedKernel;

/// <summary>
/// How long a failed step waits: twice as long each time, with jitter, and never shorter than the neighbour asked for (within reason). A neighbour
/// that asks for a second each time must not use up the tries of an outage of hours.
/// </summary>
public sealed class Backoff(IOptions<InboxOptions> options, Random random)
{
    /// <summary>How long to wait after so many tries.</summary>
    public TimeSpan Delay(int attempt, Exception? failure)
    {
        var longest = options.Value.MaxDelaySeconds;
        var seconds = Math.Min(options.Value.FirstDelaySeconds * Math.Pow(2, Math.Min(attempt - 1, 30)), longest) * (0.5 + (random.NextDouble() / 2));
        var asked = failure is RetryAfterException { Delay: var delay } ? Math.Min(delay.TotalSeconds, longest) : 0;
        return TimeSpan.FromSeconds(Math.Max(seconds, asked));
    }

    /// <summary>Whether it is time for a person.</summary>
    public bool IsSpent(int attempt) => attempt >= options.Value.MaxAttempts;
}
