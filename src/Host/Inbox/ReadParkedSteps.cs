using Dapper;
using FluentValidation;
using MediatR;
using Npgsql;

namespace BillingMonolith.Host.Inbox;

/// <summary>Steps that wait for a person, newest first.</summary>
internal sealed record ReadParkedSteps(int Limit, ParkedPosition? After) : IRequest<IReadOnlyList<ParkedStep>>;

/// <summary>A parked step with the event that it belongs to.</summary>
/// <param name="EventId">Stripe's id of the event.</param>
/// <param name="Step">What should have been done.</param>
/// <param name="Type">Stripe's name for what happened.</param>
/// <param name="Created">When Stripe says it happened; null when the event could not be read.</param>
/// <param name="ReceivedAt">When it came.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="ParkedAt">Since when it waits.</param>
/// <param name="Reason">Why, and what to do.</param>
internal sealed record ParkedStep(
    string EventId, string Step, string Type, DateTime? Created, DateTime ReceivedAt, int Attempts, DateTime ParkedAt, string Reason);

/// <summary>The last step of a page.</summary>
internal sealed record ParkedPosition(DateTime ParkedAt, string EventId, string Step);

internal sealed class ReadParkedStepsValidator : AbstractValidator<ReadParkedSteps>
{
    public ReadParkedStepsValidator()
    {
        RuleFor(q => q.Limit).InclusiveBetween(1, 200).WithMessage("1 to 200.");
        RuleFor(q => q.After!.ParkedAt.Kind).Equal(DateTimeKind.Utc).When(q => q.After is not null).OverridePropertyName("cursor");
    }
}

internal sealed class ReadParkedStepsHandler(NpgsqlDataSource database) : IRequestHandler<ReadParkedSteps, IReadOnlyList<ParkedStep>>
{
    public async Task<IReadOnlyList<ParkedStep>> Handle(ReadParkedSteps query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<ParkedStep>(new CommandDefinition($"""
            SELECT s.event_id AS EventId, s.command AS Step, e.type, e.created, e.received_at AS ReceivedAt, s.attempts, s.completed_at AS ParkedAt,
                   s.last_error AS Reason
            FROM inbox_steps s JOIN inbox_events e ON e.id = s.event_id
            WHERE s.outcome = 'parked' {(query.After is null ? "" : "AND (s.completed_at, s.event_id, s.command) < (@ParkedAt, @EventId, @Step)")}
            ORDER BY s.completed_at DESC, s.event_id DESC, s.command DESC LIMIT @Limit
            """,
            new { query.Limit, query.After?.ParkedAt, query.After?.EventId, query.After?.Step }, cancellationToken: cancellationToken))).AsList();
    }
}
