namespace BillingMonolith.SharedKernel;

/// <summary>The neighbour asked to be left alone for a while: the step waits that long, without holding anything.</summary>
/// <param name="neighbour">Its name.</param>
/// <param name="delay">How long.</param>
public sealed class RetryAfterException(string neighbour, TimeSpan delay) : Exception($"{neighbour} asked to be called again in {delay.TotalSeconds:0} s.")
{
    /// <summary>How long it asked to wait.</summary>
    public TimeSpan Delay { get; } = delay;
}
