using BillingMonolith.SharedKernel;

namespace BillingMonolith.Inbox;

/// <summary>The right to run a step until its lease ends. The attempt is the fence: a later claim invalidates an earlier one.</summary>
/// <param name="EventId">The event.</param>
/// <param name="Command">The name under which the step is stored.</param>
/// <param name="Attempt">The number of the claim.</param>
public sealed record StepLease(string EventId, string Command, int Attempt);

/// <summary>A step that this host has claimed, with the event that it belongs to.</summary>
/// <param name="Lease">The lease; its command is the name under which the step is stored.</param>
/// <param name="Kind">The present name: see <see cref="StepKinds"/>.</param>
/// <param name="PlanVersion">The version of the plan that wrote it.</param>
/// <param name="IsLapsed">Whether its last owner's lease expired without a report.</param>
/// <param name="Payload">The event, as received.</param>
internal sealed record ClaimedStep(StepLease Lease, string Kind, int PlanVersion, bool IsLapsed, byte[] Payload);

/// <summary>The lane of a step: local ones run in sets that commit together, remote ones (they call other systems) each alone.</summary>
public static class StepLane
{
    /// <summary>Uses only our own database.</summary>
    public const string Local = "local";
    /// <summary>Calls other systems.</summary>
    public const string Remote = "remote";
}

/// <summary>Another host has claimed the step since: the work done here must not be committed.</summary>
internal sealed class LeaseLostException(StepLease lease) : Exception($"The lease of {lease.Command} for {lease.EventId} (attempt {lease.Attempt}) was lost.");

/// <summary>How the inbox asks its plan.</summary>
internal static class EventPlans
{
    /// <summary>Reads a claimed step's event, unless the step has crashed the process too often.</summary>
    public static EventReading Read(this IEventPlan plan, ClaimedStep step, InboxOptions options) => step.Lease.Attempt <= options.MaxAttempts
        ? plan.Read(step.Payload)
        // A failure parks its step at the last attempt. Only a step whose process ended each time gets beyond it.
        : new EventReading(Event: null, new Outcome.Parked(
            $"Gave up after {options.MaxAttempts} tries; the last left no word. Does this event end the process?"));
}
