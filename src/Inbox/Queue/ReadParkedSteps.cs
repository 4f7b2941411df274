using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Inbox;

/// <summary>Steps that wait for a person, newest first.</summary>
public sealed record ReadParkedSteps(int Limit, ParkedPosition? After) : IRequest<IReadOnlyList<ParkedStep>>;

/// <summary>A parked step with the event that it belongs to.</summary>
/// <param name="EventId">Stripe's id of the event.</param>
/// <param name="Step">The step that failed.</param>
/// <param name="Type">Stripe's type of the event.</param>
/// <param name="Created">The time at Stripe; null when the event could not be read.</param>
/// <param name="ReceivedAt">The time of receipt.</param>
/// <param name="Attempts">The number of attempts.</param>
/// <param name="ParkedAt">The time of parking.</param>
/// <param name="Reason">The reason, and the remedy.</param>
public sealed record ParkedStep(
    string EventId, string Step, string Type, DateTime? Created, DateTime ReceivedAt, int Attempts, DateTime ParkedAt, string Reason);

/// <summary>The last step of a page.</summary>
public sealed record ParkedPosition(DateTime ParkedAt, string EventId, string Step);

internal sealed class ReadParkedStepsValidator : AbstractValidator<ReadParkedSteps>
{
    public ReadParkedStepsValidator()
    {
        RuleFor(q => q.Limit).InclusiveBetween(1, 200).WithMessage("1 to 200.");
        RuleFor(q => q.After!.ParkedAt.Kind).Equal(DateTimeKind.Utc).When(q => q.After is not null).OverridePropertyName("cursor");
    }
}

internal sealed class ReadParkedStepsHandler(IDbContextFactory<InboxContext> contexts) : IRequestHandler<ReadParkedSteps, IReadOnlyList<ParkedStep>>
{
    public async Task<IReadOnlyList<ParkedStep>> Handle(ReadParkedSteps query, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var steps = db.InboxSteps.Where(s => s.Outcome == "parked");
        if (query.After is { } after)
        {
            steps = steps.Where(s => EF.Functions.LessThan(
                ValueTuple.Create(s.CompletedAt!.Value, s.EventId, s.Command), ValueTuple.Create(after.ParkedAt, after.EventId, after.Step)));
        }

        return await steps.OrderByDescending(s => s.CompletedAt).ThenByDescending(s => s.EventId).ThenByDescending(s => s.Command).Take(query.Limit)
            .Select(s => new ParkedStep(
                s.EventId, s.Command, s.Event.Type, s.Event.Created, s.Event.ReceivedAt, s.Attempts, s.CompletedAt!.Value, s.LastError!))
            .ToListAsync(cancellationToken);
    }
}
