namespace BillingMonolith.Host.Operations;

/// <summary>Wakes a worker that waits. Rung again before it woke, it wakes it once.</summary>
internal sealed class Bell : IDisposable
{
    private readonly SemaphoreSlim rung = new(0);

    /// <summary>Waits for the bell, at most so long.</summary>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => rung.WaitAsync(atMost, cancellationToken);

    public void Ring()
    {
        if (rung.CurrentCount == 0) rung.Release(); // two at the same moment wake it twice, which harms nothing
    }

    public void Dispose() => rung.Dispose();
}
