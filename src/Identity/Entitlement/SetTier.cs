using BillingMonolith.Identity.Keycloak;
using BillingMonolith.SharedKernel;
using Dapper;
using FluentValidation;
using MediatR;
using Npgsql;

namespace BillingMonolith.Identity;

/// <summary>
/// Records the state of one Stripe subscription, and brings the user's tier in Keycloak to the entitlement from all their subscriptions.
/// A state older than the recorded one changes nothing. Parked: unknown user ("Unlinked payment"), a value that Keycloak refuses.
/// </summary>
/// <param name="Cause">The event or request behind it.</param>
/// <param name="UserId">The Keycloak user id (<c>sub</c>).</param>
/// <param name="SubscriptionId">Stripe's subscription id, <c>sub_…</c>.</param>
/// <param name="CustomerId">Stripe's customer id, <c>cus_…</c>.</param>
/// <param name="TierId">The paid plan; it counts while the status is active or trialing, and during grace while it is past_due.</param>
/// <param name="Status">Stripe's subscription status.</param>
[StepKind("identity.set-tier", "SetTier")]
public sealed record SetTier(string Cause, string UserId, string SubscriptionId, string CustomerId, string TierId, string Status) : IRemoteStep
{
    /// <summary><c>monthly</c> or <c>yearly</c>.</summary>
    public string? BillingCycle { get; init; }

    /// <summary>The creation time of the oldest unpaid invoice; only while the status is past_due. Grace counts from it.</summary>
    public DateTimeOffset? PastDueSince { get; init; }

    /// <summary>When the subscription began.</summary>
    public DateTimeOffset? StartDate { get; init; }

    /// <summary>When it ends or ended; null while it goes on.</summary>
    public DateTimeOffset? EndDate { get; init; }

    /// <summary>When this state was true at Stripe.</summary>
    public DateTimeOffset AsOf { get; init; }

    /// <summary>Orders states of one moment: the higher is the later.</summary>
    public int AsOfRank { get; init; }
}

internal sealed class SetTierValidator : AbstractValidator<SetTier>
{
    public SetTierValidator()
    {
        RuleFor(s => s.Cause).NotEmpty();
        RuleFor(s => s.UserId).NotEmpty();
        RuleFor(s => s.SubscriptionId).NotEmpty();
        RuleFor(s => s.CustomerId).NotEmpty();
        RuleFor(s => s.TierId).NotEmpty();
        RuleFor(s => s.Status).NotEmpty();
        RuleFor(s => s.BillingCycle).Must(c => c is null or "monthly" or "yearly").WithMessage("BillingCycle is neither monthly nor yearly.");
        RuleFor(s => s.AsOf).NotEmpty();
    }
}

internal sealed class SetTierHandler(UserTiers tiers) : IRequestHandler<SetTier, Outcome>
{
    public async Task<Outcome> Handle(SetTier request, CancellationToken cancellationToken)
    {
        var connection = await tiers.LockAsync(request.UserId, cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("SAVEPOINT before_tier", cancellationToken: cancellationToken));
        if (!await StoreAsync(connection, request, cancellationToken)) return await ExplainAsync(connection, request, cancellationToken);
        if (await ProjectAsync(request, cancellationToken) is not Outcome.Parked parked) return Outcome.Done;

        // A parked step leaves no row, so that its replay is a first run.
        await connection.ExecuteAsync(new CommandDefinition("ROLLBACK TO SAVEPOINT before_tier", cancellationToken: cancellationToken));
        return parked;
    }

    /// <summary>False when the record is newer, or belongs to another user.</summary>
    private static async Task<bool> StoreAsync(NpgsqlConnection connection, SetTier request, CancellationToken cancellationToken) =>
        await connection.ExecuteScalarAsync<bool>(new CommandDefinition("""
            WITH linked AS (
              INSERT INTO identity_customers (stripe_customer_id, user_id, linked_by) VALUES (@CustomerId, @UserId, @Cause) ON CONFLICT DO NOTHING
            )
            INSERT INTO identity_subscriptions AS known
              (subscription_id, user_id, customer_id, tier_id, status, billing_cycle, past_due_since, start_date, end_date, as_of, as_of_rank)
            VALUES (@SubscriptionId, @UserId, @CustomerId, @TierId, @Status, @BillingCycle, @PastDueSince, @StartDate, @EndDate, @AsOf, @AsOfRank)
            ON CONFLICT (subscription_id) DO UPDATE SET
              customer_id = excluded.customer_id, tier_id = excluded.tier_id, status = excluded.status, billing_cycle = excluded.billing_cycle,
              past_due_since = excluded.past_due_since, start_date = excluded.start_date, end_date = excluded.end_date,
              as_of = excluded.as_of, as_of_rank = excluded.as_of_rank, updated_at = now()
            WHERE known.user_id = excluded.user_id AND (known.as_of, known.as_of_rank) <= (excluded.as_of, excluded.as_of_rank)
            RETURNING true
            """,
            new
            {
                request.Cause, request.UserId, request.SubscriptionId, request.CustomerId, request.TierId, request.Status, request.BillingCycle,
                request.AsOfRank, AsOf = request.AsOf.UtcDateTime, PastDueSince = request.PastDueSince?.UtcDateTime,
                StartDate = request.StartDate?.UtcDateTime, EndDate = request.EndDate?.UtcDateTime,
            },
            cancellationToken: cancellationToken));

    private static async Task<Outcome> ExplainAsync(NpgsqlConnection connection, SetTier request, CancellationToken cancellationToken)
    {
        var owner = await connection.ExecuteScalarAsync<string>(new CommandDefinition("""
            ROLLBACK TO SAVEPOINT before_tier; SELECT user_id FROM identity_subscriptions WHERE subscription_id = @SubscriptionId
            """, request, cancellationToken: cancellationToken));
        return owner == request.UserId ? Outcome.Done : new Outcome.Parked(
            $"Subscription {request.SubscriptionId} is recorded for user {owner}, and this event names user {request.UserId}. "
            + "Find out whose it is, then replay.");
    }

    private async Task<Outcome> ProjectAsync(SetTier request, CancellationToken cancellationToken)
    {
        try
        {
            var (keycloak, _) = await tiers.BringAsync(request.Cause, request.UserId, keepsUnknown: false, cancellationToken);
            return keycloak != Projected.Unknown
                ? Outcome.Done
                : new Outcome.Parked($"Unlinked payment: Keycloak has no user with id {request.UserId} for Stripe customer {request.CustomerId}. "
                    + $"Say whose it is: link {request.CustomerId} <user id>.") { WaitsFor = request.CustomerId };
        }
        catch (KeycloakException refused) when (refused.Status is 400 or 409)
        {
            return new Outcome.Parked($"Keycloak refuses what user {request.UserId} is entitled to (subscription {request.SubscriptionId}, tier "
                + $"'{request.TierId}'). {refused.Message} Mend it there, then replay.");
        }
    }
}
