using BillingMonolith.SharedKernel;
using Dapper;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Billing;

/// <summary>
/// Records a subscription's change at its period's end, from Stripe's schedule. A state older than the recorded one changes nothing.
/// It makes no calls, but runs with the steps that do.
/// </summary>
/// <param name="Cause">The Stripe event or request that led here.</param>
/// <param name="UserId">The Keycloak user id.</param>
/// <param name="SubscriptionId">Stripe's <c>sub_…</c>.</param>
/// <param name="ScheduleId">Stripe's <c>sub_sched_…</c>; null = there is none, or one without further changes.</param>
[StepKind("billing.follow-schedule", "FollowSchedule")]
public sealed record FollowSchedule(string Cause, string UserId, string SubscriptionId, string? ScheduleId) : IRemoteStep
{
    /// <summary>The next tier; null = it stays as it is.</summary>
    public string? TierId { get; init; }

    /// <summary>The next billing cycle.</summary>
    public BillingCycle? Cycle { get; init; }

    /// <summary>The time of the change.</summary>
    public DateTimeOffset? EffectiveAt { get; init; }

    /// <summary>The time at Stripe.</summary>
    public DateTimeOffset AsOf { get; init; }

    /// <summary>Breaks ties of <see cref="AsOf"/>.</summary>
    public int AsOfRank { get; init; }
}

internal sealed class FollowScheduleValidator : AbstractValidator<FollowSchedule>
{
    public FollowScheduleValidator()
    {
        RuleFor(f => f.Cause).NotEmpty();
        RuleFor(f => f.UserId).NotEmpty();
        RuleFor(f => f.SubscriptionId).NotEmpty();
        RuleFor(f => f.AsOf).NotEmpty();
    }
}

internal sealed class FollowScheduleHandler(UnitOfWork work) : IRequestHandler<FollowSchedule, Outcome>
{
    public async Task<Outcome> Handle(FollowSchedule command, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        var wanted = new
        {
            command.SubscriptionId,
            command.ScheduleId,
            command.TierId,
            Cycle = command.Cycle is { } cycle ? cycle.Word() : null,
            At = command.EffectiveAt?.UtcDateTime,
            AsOf = command.AsOf.UtcDateTime,
            command.AsOfRank,
        };
        var before = await connection.QuerySingleOrDefaultAsync<Planned>(new CommandDefinition("""
            SELECT tier_id AS TierId, billing_cycle AS Cycle, effective_at AS At FROM billing_planned_changes
            WHERE subscription_id = @SubscriptionId FOR UPDATE
            """, wanted, cancellationToken: cancellationToken));
        var written = await connection.ExecuteAsync(new CommandDefinition("""
            INSERT INTO billing_planned_changes AS known (subscription_id, schedule_id, tier_id, billing_cycle, effective_at, as_of, as_of_rank)
            VALUES (@SubscriptionId, @ScheduleId, @TierId, @Cycle, @At, @AsOf, @AsOfRank)
            ON CONFLICT (subscription_id) DO UPDATE SET schedule_id = excluded.schedule_id, tier_id = excluded.tier_id,
              billing_cycle = excluded.billing_cycle, effective_at = excluded.effective_at, as_of = excluded.as_of, as_of_rank = excluded.as_of_rank,
              updated_at = now()
            WHERE (known.as_of, known.as_of_rank) <= (excluded.as_of, excluded.as_of_rank)
            """, wanted, cancellationToken: cancellationToken));
        var after = new Planned(command.TierId, wanted.Cycle, wanted.At);
        if (written == 1 && after != (before ?? Planned.Nothing))
        {
            work.Record(new AuditEntry("subscription.change_planned", "subscription", command.SubscriptionId, command.Cause)
            {
                UserId = command.UserId,
                Metadata = new { before, after },
            });
        }

        return Outcome.Done;
    }

    private sealed record Planned(string? TierId, string? Cycle, DateTime? At)
    {
        public static Planned Nothing { get; } = new(null, null, null);
    }
}
