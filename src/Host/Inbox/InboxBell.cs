namespace BillingMonolith.Host.Inbox;

/// <summary>Wakes this host's workers when any host adds steps (see <see cref="Operations.Notices"/>).</summary>
internal sealed class InboxBell
{
    public const string Channel = "inbox";
    private readonly Dictionary<string, SemaphoreSlim> bells = new() { [Lane.Local] = new(0), [Lane.Remote] = new(0) };

    /// <summary>Waits for the bell, at most so long.</summary>
    public Task WaitAsync(string lane, TimeSpan atMost, CancellationToken cancellationToken) => bells[lane].WaitAsync(atMost, cancellationToken);

    public void Ring(string lane)
    {
        if (bells[lane].CurrentCount == 0) bells[lane].Release();
    }

    public void RingAll()
    {
        Ring(Lane.Local);
        Ring(Lane.Remote);
    }
}
