using BillingMonolith.SharedKernel;

namespace BillingMonolith.Inbox;

/// <summary>The right to run a step until its lease ends. The attempt is the fence: a later claim makes an earlier one worthless.</summary>
/// <param name="EventId">The event.</param>
/// <param name="Command">The name under which the step is stored.</param>
/// <param name="Attempt">Which claim it is.</param>
public sealed record StepLease(string EventId, string Command, int Attempt);

/// <summary>A step that this host has claimed, with the event that it belongs to.</summary>
/// <param name="Lease">Its right to it; the command there is the name under which it is stored.</param>
/// <param name="Kind">The name of today: see <see cref="StepKinds"/>.</param>
/// <param name="PlanVersion">The version of the plan by which it was written.</param>
/// <param name="IsLapsed">Whether its last owner's lease ran out without a word.</param>
/// <param name="Payload">The event, as it came.</param>
internal sealed record ClaimedStep(StepLease Lease, string Kind, int PlanVersion, bool IsLapsed, byte[] Payload);

/// <summary>Where a step runs: local ones in sets that commit together, remote ones (they call out) each alone.</summary>
public static class StepLane
{
    /// <summary>Nothing but our own database.</summary>
    public const string Local = "local";
    /// <summary>Calls to others.</summary>
    public const string Remote = "remote";
}

/// <summary>Somebody else has claimed the step since: whatever was done here must not be committed.</summary>
internal sealed class LeaseLostException(StepLease lease) : Exception($"The lease of {lease.Command} for {lease.EventId} (attempt {lease.Attempt}) was lost.");

/// <summary>How the inbox asks its plan.</summary>
internal static class EventPlans
{
    /// <summary>Reads a claimed step's event, unless the step has ended the process too often.</summary>
    public static EventReading Read(this IEventPlan plan, ClaimedStep step, InboxOptions options) => step.Lease.Attempt <= options.MaxAttempts
        ? plan.Read(step.Payload)
        // A failure parks its step at the last try; beyond it comes only what never left a word, because its process ended each time.
        : new EventReading(Event: null, new Outcome.Parked(
            $"Gave up after {options.MaxAttempts} tries; the last left no word. Does this event end the process?"));
}
