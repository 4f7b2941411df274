using BillingMonolith.Host.Operations;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Inbox;

/// <summary>How long a failed step waits: what the neighbour asked for (within reason), else twice as long each time, with jitter.</summary>
internal sealed class Backoff(IOptions<InboxOptions> options, Random random)
{
    public TimeSpan Delay(int attempt, Exception? failure)
    {
        var longest = options.Value.MaxDelaySeconds;
        if (failure is RetryAfterException { Delay: var asked }) return TimeSpan.FromSeconds(Math.Min(asked.TotalSeconds, longest));
        var seconds = Math.Min(options.Value.FirstDelaySeconds * Math.Pow(2, Math.Min(attempt - 1, 30)), longest);
        return TimeSpan.FromSeconds(seconds * (0.5 + (random.NextDouble() / 2)));
    }

    /// <summary>Whether it is time for a person.</summary>
    public bool IsSpent(int attempt) => attempt >= options.Value.MaxAttempts;
}
