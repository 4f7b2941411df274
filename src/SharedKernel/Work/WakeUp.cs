namespace BillingMonolith.SharedKernel;

/// <summary>Wakes a worker that waits. Notified again before the worker woke, it wakes it once.</summary>
public sealed class WakeUp : IDisposable
{
    private readonly SemaphoreSlim notified = new(0);

    /// <summary>Waits until it is notified, at most so long.</summary>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => notified.WaitAsync(atMost, cancellationToken);

    /// <summary>Wakes it.</summary>
    public void Notify()
    {
        if (notified.CurrentCount == 0) notified.Release(); // two at the same moment wake it twice, which harms nothing
    }

    /// <inheritdoc/>
    public void Dispose() => notified.Dispose();
}
