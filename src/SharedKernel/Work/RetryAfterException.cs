namespace BillingMonolith.SharedKernel;

/// <summary>The neighbour asked for a pause: the step waits that long, without holding anything.</summary>
/// <param name="neighbour">Its name.</param>
/// <param name="delay">The length of the pause.</param>
public sealed class RetryAfterException(string neighbour, TimeSpan delay) : Exception($"{neighbour} asked to be called again in {delay.TotalSeconds:0} s.")
{
    /// <summary>The length of the pause.</summary>
    public TimeSpan Delay { get; } = delay;
}
