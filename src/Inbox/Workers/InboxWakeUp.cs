using BillingMonolith.SharedKernel;

namespace BillingMonolith.Inbox;

/// <summary>Wakes this host's workers when any host adds steps (see <see cref="DatabaseListener"/>).</summary>
internal sealed class InboxWakeUp
{
    public const string Channel = "inbox";

    /// <summary>The statement that wakes the workers of all hosts, when its transaction commits.</summary>
    public const string NotifyAllHosts = $"SELECT pg_notify('{Channel}', '')";

    private readonly Dictionary<string, WakeUp> wakeUps = new() { [StepLane.Local] = new(), [StepLane.Remote] = new() };

    /// <summary>Waits until the lane is notified, at most so long.</summary>
    public Task WaitAsync(string lane, TimeSpan atMost, CancellationToken cancellationToken) => wakeUps[lane].WaitAsync(atMost, cancellationToken);

    public void NotifyAll()
    {
        foreach (var lane in wakeUps.Values) lane.Notify();
    }
}
