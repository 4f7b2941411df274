using Dapper;
using MediatR;
using Npgsql;

namespace BillingMonolith.Billing;

/// <summary>A user's subscriptions as last told by Stripe, the newest first; those that ended too, the latest twenty.</summary>
/// <param name="UserId">The Keycloak user id.</param>
public sealed record ReadSubscriptions(string UserId) : IRequest<IReadOnlyList<OwnSubscription>>;

/// <summary>A subscription of a user's.</summary>
/// <param name="Id">Stripe's <c>sub_…</c>.</param>
/// <param name="CustomerId">Stripe's <c>cus_…</c>.</param>
/// <param name="TierId">What it is for.</param>
/// <param name="TierName">As buyers see it.</param>
/// <param name="Family">The tier's.</param>
/// <param name="Cycle">How often it is paid.</param>
/// <param name="Status">Stripe's word.</param>
/// <param name="AmountMinor">Per cycle, in the minor unit of the currency.</param>
/// <param name="Currency">ISO 4217, lower case.</param>
/// <param name="CurrentPeriodEnd">Until when it is paid for.</param>
/// <param name="CancelAtPeriodEnd">It will end with the period.</param>
/// <param name="PlannedTierId">What it will be; null = it stays.</param>
/// <param name="PlannedTierName">The same, as buyers see it.</param>
/// <param name="PlannedCycle">How often it will be paid.</param>
/// <param name="PlannedAt">From when on.</param>
/// <param name="Refusals">How often a card refused a change.</param>
/// <param name="Version">Moves with every word of Stripe's that was carried out.</param>
/// <param name="Now">The calendar's time when this was read.</param>
public sealed record OwnSubscription(
    string Id, string CustomerId, string TierId, string TierName, string Family, BillingCycle Cycle, string Status, long? AmountMinor, string? Currency,
    DateTime? CurrentPeriodEnd, bool CancelAtPeriodEnd, string? PlannedTierId, string? PlannedTierName, BillingCycle? PlannedCycle, DateTime? PlannedAt,
    int Refusals, DateTime Version, DateTime Now)
{
    /// <summary>Whether it has not ended: whoever has one cannot buy another of its family, whatever its status says of the payment.</summary>
    public bool IsLive => Status is not ("canceled" or "incomplete_expired");
}

internal sealed class ReadSubscriptionsHandler(NpgsqlDataSource database) : IRequestHandler<ReadSubscriptions, IReadOnlyList<OwnSubscription>>
{
    public async Task<IReadOnlyList<OwnSubscription>> Handle(ReadSubscriptions query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<Row>(new CommandDefinition("""
            SELECT s.subscription_id AS Id, s.customer_id AS CustomerId, s.tier_id AS TierId, t.name AS TierName, t.family, s.billing_cycle AS Cycle,
                   s.status, s.amount_minor AS AmountMinor, s.currency, s.current_period_end AS CurrentPeriodEnd,
                   s.cancel_at_period_end AS CancelAtPeriodEnd, p.tier_id AS PlannedTierId, n.name AS PlannedTierName, p.billing_cycle AS PlannedCycle,
                   p.effective_at AS PlannedAt, coalesce(r.refusals, 0) AS Refusals, s.updated_at AS Version, billing_now() AS Now
            FROM billing_subscriptions s
            JOIN billing_tiers t ON t.id = s.tier_id
            LEFT JOIN billing_planned_changes p ON p.subscription_id = s.subscription_id
              AND (p.tier_id, p.billing_cycle) IS DISTINCT FROM (s.tier_id, s.billing_cycle) AND s.status NOT IN ('canceled', 'incomplete_expired')
            LEFT JOIN billing_planned_changes r ON r.subscription_id = s.subscription_id
            LEFT JOIN billing_tiers n ON n.id = p.tier_id
            WHERE s.user_id = @UserId
            ORDER BY s.status IN ('canceled', 'incomplete_expired'), s.created_at DESC, s.subscription_id
            LIMIT 20
            """, query, cancellationToken: cancellationToken));
        return [.. rows.Select(r => r.Read())];
    }

    private sealed record Row(
        string Id, string CustomerId, string TierId, string TierName, string Family, string Cycle, string Status, long? AmountMinor, string? Currency,
        DateTime? CurrentPeriodEnd, bool CancelAtPeriodEnd, string? PlannedTierId, string? PlannedTierName, string? PlannedCycle, DateTime? PlannedAt,
        int Refusals, DateTime Version, DateTime Now)
    {
        public OwnSubscription Read() => new(
            Id, CustomerId, TierId, TierName, Family, BillingCycles.Of(Cycle)!.Value, Status, AmountMinor, Currency, CurrentPeriodEnd, CancelAtPeriodEnd,
            PlannedTierName is null ? null : PlannedTierId, PlannedTierName, BillingCycles.Of(PlannedCycle), PlannedAt, Refusals, Version,
            Now);
    }
}
