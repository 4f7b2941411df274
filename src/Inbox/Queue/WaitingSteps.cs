using BillingMonolith.SharedKernel;
using Dapper;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Inbox;

/// <summary>Events whose steps wait, for example for a customer's link to a user; the latest first, one row per event.</summary>
/// <param name="Limit">1 to 200.</param>
/// <param name="After">The last of the page before.</param>
public sealed record ReadWaitingSteps(int Limit, WaitingPosition? After) : IRequest<IReadOnlyList<WaitingStep>>;

/// <summary>The last event of a page.</summary>
/// <param name="ParkedAt">The time of parking.</param>
/// <param name="EventId">The event.</param>
public sealed record WaitingPosition(DateTime ParkedAt, string EventId);

/// <summary>An event whose steps wait.</summary>
/// <param name="EventId">The event.</param>
/// <param name="Type">The event's type.</param>
/// <param name="Payload">The body as received.</param>
/// <param name="WaitsFor">The id that the steps wait for.</param>
/// <param name="ParkedAt">The time of parking.</param>
/// <param name="Reason">The reason, and the remedy.</param>
public sealed record WaitingStep(string EventId, string Type, byte[] Payload, string WaitsFor, DateTime ParkedAt, string Reason);

internal sealed class ReadWaitingStepsValidator : AbstractValidator<ReadWaitingSteps>
{
    public ReadWaitingStepsValidator()
    {
        RuleFor(q => q.Limit).InclusiveBetween(1, 200).WithMessage("1 to 200.");
        RuleFor(q => q.After!.ParkedAt.Kind).Equal(DateTimeKind.Utc).When(q => q.After is not null).OverridePropertyName("cursor");
    }
}

internal sealed class ReadWaitingStepsHandler(IDbContextFactory<InboxContext> contexts) : IRequestHandler<ReadWaitingSteps, IReadOnlyList<WaitingStep>>
{
    public async Task<IReadOnlyList<WaitingStep>> Handle(ReadWaitingSteps query, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        // An event's steps are parked together; the first of them by name stands for it.
        var steps = db.InboxSteps.Where(s => s.WaitsFor != null
            && !db.InboxSteps.Any(o => o.EventId == s.EventId && o.WaitsFor != null && string.Compare(o.Command, s.Command) < 0));
        if (query.After is { } after)
        {
            steps = steps.Where(s => EF.Functions.LessThan(
                ValueTuple.Create(s.CompletedAt!.Value, s.EventId), ValueTuple.Create(after.ParkedAt, after.EventId)));
        }

        return await steps.OrderByDescending(s => s.CompletedAt).ThenByDescending(s => s.EventId).Take(query.Limit)
            .Select(s => new WaitingStep(s.EventId, s.Event.Type, s.Event.Payload, s.WaitsFor!, s.CompletedAt!.Value, s.LastError!))
            .ToListAsync(cancellationToken);
    }
}

/// <summary>Reopens waiting steps, in the transaction that brings what they wait for.</summary>
public sealed class WaitingSteps(UnitOfWork work)
{
    /// <summary>Reopens all steps that wait for this id.</summary>
    /// <param name="waitedFor">The id that they wait for: a Stripe customer, or a guest's session.</param>
    /// <param name="userId">The user to whom it is linked now, for the audit log.</param>
    /// <param name="cause">The event or request.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task ReopenAsync(string waitedFor, string userId, string cause, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        var reopened = (await connection.QueryAsync<string>(new CommandDefinition($"""
            UPDATE inbox_steps SET {StepQueue.Reopened}
            WHERE waits_for = @waitedFor RETURNING event_id
            """, new { waitedFor }, cancellationToken: cancellationToken))).ToList();
        if (reopened.Count == 0) return;
        await connection.ExecuteAsync(new CommandDefinition(InboxWakeUp.NotifyAllHosts, cancellationToken: cancellationToken));
        foreach (var steps in reopened.GroupBy(e => e))
        {
            work.Record(new AuditEntry("webhook.replayed", "event", steps.Key, cause)
            {
                UserId = userId,
                Metadata = new { because = "linked", customer = waitedFor, steps = steps.Count() },
            });
        }
    }
}
