namespace BillingMonolith.Sandbox;

/// <summary>Real time plus an offset that a person or a test moves forward. What fell due in between happens before <see cref="Advance"/> returns.</summary>
internal sealed class SandboxClock : TimeProvider
{
    private long offsetTicks;

    /// <summary>Told after each advance.</summary>
    public event EventHandler? Advanced;

    /// <summary>How far it is ahead of real time.</summary>
    public TimeSpan Offset => TimeSpan.FromTicks(Interlocked.Read(ref offsetTicks));

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Offset;

    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        Interlocked.Add(ref offsetTicks, by.Ticks);
        Advanced?.Invoke(this, EventArgs.Empty);
    }

    /// <summary>Advances by calendar months, as subscriptions do.</summary>
    public void AdvanceMonths(int months)
    {
        var now = GetUtcNow();
        Advance(now.AddMonths(months) - now);
    }
}
