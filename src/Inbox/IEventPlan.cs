using BillingMonolith.SharedKernel;

namespace BillingMonolith.Inbox;

/// <summary>
/// The meaning of events. The inbox knows events as bytes and steps as kinds; it asks here which steps follow. The Host's routes are the only implementation.
/// </summary>
public interface IEventPlan
{
    /// <summary>Raised whenever an event leads to a step to which it did not lead before: an older host leaves that step to a newer one.</summary>
    int Version { get; }

    /// <summary>Ends when the plan can be asked without a delay, because everything that it has to load is loaded.</summary>
    Task ReadyAsync();

    /// <summary>Reads a stored event from its payload alone.</summary>
    /// <param name="payload">The body as it was received.</param>
    EventReading Read(ReadOnlyMemory<byte> payload);
}

/// <summary>The result of reading an event: the event, or the outcome of all its steps.</summary>
/// <param name="Event">Null when there is nothing to run.</param>
/// <param name="End">The outcome; null when there is something to run.</param>
public readonly record struct EventReading(PlannedEvent? Event, Outcome? End);

/// <summary>An event as far as it is understood.</summary>
public abstract record PlannedEvent
{
    /// <summary>The event's type.</summary>
    public abstract string Type { get; }

    /// <summary>Whether any step follows from events of this type in this version.</summary>
    public abstract bool HasRoute { get; }

    /// <summary>The lane of its steps.</summary>
    public abstract string Lane { get; }

    /// <summary>The subjects: two events of one subject must not run at the same time.</summary>
    public abstract IEnumerable<string> Subjects { get; }

    /// <summary>The commands that follow from the known facts.</summary>
    public abstract IReadOnlyList<IStep> Steps();

    /// <summary>The same event with the present state at its source. Called under the lock of its subjects, before steps of the remote lane.</summary>
    /// <param name="services">A scope of its own.</param>
    /// <param name="attempt">How often this event was tried.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public abstract Task<EventReading> LookUpAsync(IServiceProvider services, int attempt, CancellationToken cancellationToken);
}
