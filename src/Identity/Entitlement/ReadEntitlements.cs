using Dapper;
using FluentValidation;
using MediatR;
using Npgsql;

namespace BillingMonolith.Identity;

/// <summary>A user's entitlement, its reason, and the last projection to Keycloak.</summary>
/// <param name="UserId">The Keycloak user id.</param>
/// <param name="TierId">The plan that counts now; <c>free</c> when none does.</param>
/// <param name="Standing"><c>full</c>, <c>grace</c> (an invoice is unpaid, and the plan is kept for a while) or <c>none</c>.</param>
/// <param name="Status">Stripe's status of the subscription that counts, or that ended last; null = there never was one.</param>
/// <param name="SubscriptionId">That subscription, <c>sub_…</c>.</param>
/// <param name="CustomerId">Its customer, <c>cus_…</c>.</param>
/// <param name="BillingCycle"><c>monthly</c> or <c>yearly</c>; null = not known.</param>
/// <param name="GraceEndsAt">While an invoice is unpaid (past_due): when grace ends or ended.</param>
/// <param name="ProjectedTier">The plan last written to Keycloak; null = none was.</param>
/// <param name="ProjectedStatus">The status last written to Keycloak.</param>
/// <param name="ProjectedAt">The time of that write.</param>
public sealed record UserEntitlement(
    string UserId, string TierId, string Standing, string? Status, string? SubscriptionId, string? CustomerId, string? BillingCycle, DateTime? GraceEndsAt,
    string? ProjectedTier, string? ProjectedStatus, DateTime? ProjectedAt)
{
    /// <summary>Whether Keycloak was brought to the present entitlement; only Keycloak knows whether somebody changed it there since.</summary>
    public bool IsProjected => Status is null || (ProjectedTier, ProjectedStatus) == (TierId, Status);
}

/// <summary>Reads one user's entitlement.</summary>
/// <param name="UserId">The Keycloak user id; any id gets an answer.</param>
public sealed record ReadEntitlement(string UserId) : IRequest<UserEntitlement>;

/// <summary>Reads the entitlements of all users who ever had a subscription, by user id.</summary>
/// <param name="Limit">1 to 1000.</param>
/// <param name="After">The last user id of the page before; null = from the first.</param>
public sealed record ReadEntitlements(int Limit, string? After) : IRequest<IReadOnlyList<UserEntitlement>>;

internal sealed class ReadEntitlementsValidator : AbstractValidator<ReadEntitlements>
{
    public ReadEntitlementsValidator() => RuleFor(q => q.Limit).InclusiveBetween(1, 1000).WithMessage("1 to 1000.");
}

internal sealed class ReadEntitlementsHandler(NpgsqlDataSource database)
    : IRequestHandler<ReadEntitlement, UserEntitlement>, IRequestHandler<ReadEntitlements, IReadOnlyList<UserEntitlement>>
{
    private const string Columns = """
        e.tier_id AS TierId, e.standing, e.status, e.subscription_id AS SubscriptionId, e.customer_id AS CustomerId, e.billing_cycle AS BillingCycle,
        e.grace_ends AS GraceEndsAt, p.projected_tier AS ProjectedTier, p.projected_status AS ProjectedStatus, p.projected_at AS ProjectedAt
        """;

    public async Task<UserEntitlement> Handle(ReadEntitlement query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleAsync<UserEntitlement>(new CommandDefinition(
            $"SELECT @UserId AS UserId, {Columns} FROM identity_entitlement(@UserId) e LEFT JOIN identity_users p ON p.user_id = @UserId",
            query, cancellationToken: cancellationToken));
    }

    public async Task<IReadOnlyList<UserEntitlement>> Handle(ReadEntitlements query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<UserEntitlement>(new CommandDefinition($"""
            SELECT p.user_id AS UserId, {Columns}
            FROM (SELECT * FROM identity_users WHERE @After::text IS NULL OR user_id > @After ORDER BY user_id LIMIT @Limit) p,
              LATERAL identity_entitlement(p.user_id) e
            ORDER BY p.user_id
            """, query, cancellationToken: cancellationToken))).AsList();
    }
}
