namespace BillingMonolith.SharedKernel;

/// <summary>Wakes a waiting worker. Several notifications before it wakes count as one.</summary>
public sealed class WakeUp : IDisposable
{
    private readonly SemaphoreSlim notified = new(0);

    /// <summary>Waits for a notification, at most so long.</summary>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => notified.WaitAsync(atMost, cancellationToken);

    /// <summary>Wakes it.</summary>
    public void Notify()
    {
        if (notified.CurrentCount == 0) notified.Release(); // two at the same moment wake it twice, which is harmless
    }

    /// <inheritdoc/>
    public void Dispose() => notified.Dispose();
}
