using BillingMonolith.SharedKernel;

namespace BillingMonolith.Inbox;

/// <summary>
/// What events mean. The inbox knows events as bytes and steps as kinds; it asks here what follows. The Host has the one implementation: its routes.
/// </summary>
public interface IEventPlan
{
    /// <summary>Raised whenever an event leads to a step to which it did not lead before: an older host leaves that step to a newer one.</summary>
    int Version { get; }

    /// <summary>Ends when the plan can be asked without a delay: whatever it must learn first, it has learnt.</summary>
    Task ReadyAsync();

    /// <summary>Reads a stored event by its own words alone.</summary>
    /// <param name="payload">The body as it was received.</param>
    EventReading Read(ReadOnlyMemory<byte> payload);
}

/// <summary>What reading an event came to: the event, or how all its steps end.</summary>
/// <param name="Event">Null when nothing is to be carried out.</param>
/// <param name="End">Why not; null when there is something to do.</param>
public readonly record struct EventReading(PlannedEvent? Event, Outcome? End);

/// <summary>An event as far as it is understood.</summary>
public abstract record PlannedEvent
{
    /// <summary>The name of what happened.</summary>
    public abstract string Type { get; }

    /// <summary>Whether this version lets anything follow from events of this type.</summary>
    public abstract bool HasRoute { get; }

    /// <summary>Where its steps run.</summary>
    public abstract string Lane { get; }

    /// <summary>What must not run at the same time elsewhere.</summary>
    public abstract IEnumerable<string> Subjects { get; }

    /// <summary>The commands that follow from what is known.</summary>
    public abstract IReadOnlyList<IStep> Steps();

    /// <summary>The same event with what its source says now. Called under the lock of its subjects, before steps of the remote lane.</summary>
    /// <param name="services">A scope of its own.</param>
    /// <param name="attempt">How often this event was tried.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public abstract Task<EventReading> LookUpAsync(IServiceProvider services, int attempt, CancellationToken cancellationToken);
}
