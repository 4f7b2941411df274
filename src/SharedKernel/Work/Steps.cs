using MediatR;

namespace BillingMonolith.SharedKernel;

/// <summary>One thing that follows from a Stripe event: a command with the id of the event that caused it.</summary>
public interface IStep
{
    /// <summary>The event (<c>evt_…</c>) or request that caused this command; it goes into the audit log.</summary>
    string Cause { get; }
}

/// <summary>A step that calls another system. It runs alone, in parallel to others, and has a transaction of its own.</summary>
public interface IRemoteStep : IStep, IRequest<Outcome>;

/// <summary>A step that uses only our own database. Many of a kind run as one <see cref="StepSet{T}"/> and commit together.</summary>
public interface ILocalStep : IStep;

/// <summary>Steps of one kind that commit together; a single one is a set of one. The result has one outcome per step, in their order.</summary>
public sealed record StepSet<T>(IReadOnlyList<T> Steps) : IRequest<IReadOnlyList<Outcome>> where T : ILocalStep;

/// <summary>Makes a set of steps whose kind is known only when it runs.</summary>
public static class StepSets
{
    /// <summary>The set, as the request of its handler.</summary>
    /// <param name="steps">At least one, all of one kind.</param>
    public static IRequest<IReadOnlyList<Outcome>> Of(IReadOnlyList<ILocalStep> steps)
    {
        var kind = steps[0].GetType();
        var typed = Array.CreateInstance(kind, steps.Count);
        for (var i = 0; i < steps.Count; i++) typed.SetValue(steps[i], i);
        return (IRequest<IReadOnlyList<Outcome>>)Activator.CreateInstance(typeof(StepSet<>).MakeGenericType(kind), typed)!;
    }
}

/// <summary>
/// The outcome of a step. There are only these three; a transient failure is an exception, and the step is retried.
/// </summary>
public abstract record Outcome
{
    private Outcome() { }

    /// <summary>The effect is in place, from this attempt or an earlier one.</summary>
    public static Outcome Done { get; } = new DoneOutcome();

    /// <summary>Nothing had to be done; the reason says why.</summary>
    public sealed record Ignored(string Reason) : Outcome;

    /// <summary>A person must look. The reason says the problem and the remedy; the step can be replayed.</summary>
    public sealed record Parked(string Reason) : Outcome
    {
        /// <summary>
        /// An unlinked payment: the Stripe customer, or a guest's checkout session, has no known user. Once it is linked to one, the step continues.
        /// </summary>
        public string? WaitsFor { get; init; }
    }

    private sealed record DoneOutcome : Outcome;
}
