using BillingMonolith.SharedKernel;
using Dapper;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Billing;

/// <summary>
/// Writes down that a user asked for a change of a subscription, before Stripe is asked, or that Stripe refused it: the change itself is audited when
/// Stripe's word of it is carried out.
/// </summary>
/// <param name="Cause">The request.</param>
/// <param name="Subscription">As it is.</param>
/// <param name="Change">What is asked: <c>cancel</c>, <c>resume</c>, <c>upgrade</c> …</param>
public sealed record RequestChange(string Cause, OwnSubscription Subscription, string Change) : IRequest
{
    /// <summary>The plan that is asked for; null = this one.</summary>
    public string? TierId { get; init; }

    /// <summary>How often it shall be paid; null = as it is.</summary>
    public BillingCycle? Cycle { get; init; }

    /// <summary>When it shall take effect; null = at once.</summary>
    public DateTimeOffset? EffectiveAt { get; init; }

    /// <summary>Why Stripe refused; null = it was not asked yet.</summary>
    public string? Refusal { get; init; }
}

internal sealed class RequestChangeValidator : AbstractValidator<RequestChange>
{
    public RequestChangeValidator()
    {
        RuleFor(c => c.Cause).NotEmpty();
        RuleFor(c => c.Change).NotEmpty();
    }
}

internal sealed class RequestChangeHandler(UnitOfWork work) : IRequestHandler<RequestChange>
{
    public async Task<Unit> Handle(RequestChange command, CancellationToken cancellationToken)
    {
        var now = command.Subscription;
        if (command.Refusal is not null)
        {
            var connection = await work.OpenAsync(cancellationToken);
            await connection.ExecuteAsync(new CommandDefinition("""
                INSERT INTO billing_planned_changes AS known (subscription_id, refusals, as_of, as_of_rank) VALUES (@Id, 1, '-infinity', 0)
                ON CONFLICT (subscription_id) DO UPDATE SET refusals = known.refusals + 1
                """, new { now.Id }, cancellationToken: cancellationToken));
        }

        var action = command.Refusal is null ? "subscription.change_requested" : "subscription.change_refused";
        work.Record(new AuditEntry(action, "subscription", now.Id, command.Cause)
        {
            Result = command.Refusal is null ? AuditResult.Success : AuditResult.Failure,
            ErrorMessage = command.Refusal,
            Metadata = new
            {
                change = command.Change,
                before = new { tier = now.TierId, cycle = now.Cycle.Word(), cancel_at_period_end = now.CancelAtPeriodEnd, planned_tier = now.PlannedTierId },
                after = new { tier = command.TierId ?? now.TierId, cycle = (command.Cycle ?? now.Cycle).Word(), effective_at = command.EffectiveAt },
            },
        });
        return Unit.Value;
    }
}
