using BillingMonolith.SharedKernel;
using Dapper;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Billing;

/// <summary>
/// Records that a user requested a change of a subscription, before Stripe is called, or that Stripe refused it: the change itself is audited when
/// Stripe's report of it is applied.
/// </summary>
/// <param name="Cause">The request.</param>
/// <param name="Subscription">The present state.</param>
/// <param name="Change">The requested change: <c>cancel</c>, <c>resume</c>, <c>upgrade</c> …</param>
public sealed record RequestChange(string Cause, OwnSubscription Subscription, string Change) : IRequest
{
    /// <summary>The requested plan; null = this one.</summary>
    public string? TierId { get; init; }

    /// <summary>The requested billing cycle; null = unchanged.</summary>
    public BillingCycle? Cycle { get; init; }

    /// <summary>The time when it shall take effect; null = at once.</summary>
    public DateTimeOffset? EffectiveAt { get; init; }

    /// <summary>The reason for Stripe's refusal; null = Stripe was not called yet.</summary>
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
