using BillingMonolith.Host.Operations;

namespace BillingMonolith.Host.Inbox;

/// <summary>Wakes this host's workers when any host adds steps (see <see cref="Notices"/>).</summary>
internal sealed class InboxBell
{
    public const string Channel = "inbox";
    private readonly Dictionary<string, Bell> bells = new() { [Lane.Local] = new(), [Lane.Remote] = new() };

    /// <summary>Waits for the bell, at most so long.</summary>
    public Task WaitAsync(string lane, TimeSpan atMost, CancellationToken cancellationToken) => bells[lane].WaitAsync(atMost, cancellationToken);

    public void Ring(string lane) => bells[lane].Ring();

    public void RingAll()
    {
        Ring(Lane.Local);
        Ring(Lane.Remote);
    }
}
