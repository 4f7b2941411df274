using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Billing;

/// <summary>A user's subscriptions as last reported by Stripe, the newest first; ended ones too, the latest twenty.</summary>
/// <param name="UserId">The Keycloak user id.</param>
public sealed record ReadSubscriptions(string UserId) : IRequest<IReadOnlyList<OwnSubscription>>;

/// <summary>A user's subscription.</summary>
/// <param name="Id">Stripe's <c>sub_…</c>.</param>
/// <param name="CustomerId">Stripe's <c>cus_…</c>.</param>
/// <param name="TierId">The tier.</param>
/// <param name="TierName">The name that buyers see.</param>
/// <param name="Family">The tier's family.</param>
/// <param name="Cycle">The billing cycle.</param>
/// <param name="Status">Stripe's status.</param>
/// <param name="AmountMinor">Per cycle, in the minor unit of the currency.</param>
/// <param name="Currency">ISO 4217, lower case.</param>
/// <param name="CurrentPeriodEnd">The end of the paid period.</param>
/// <param name="CancelAtPeriodEnd">It will end with the period.</param>
/// <param name="PlannedTierId">The next tier; null = it stays.</param>
/// <param name="PlannedTierName">The name of the next tier that buyers see.</param>
/// <param name="PlannedCycle">The next billing cycle.</param>
/// <param name="PlannedAt">The time of the change.</param>
/// <param name="Refusals">How often a card refused a change.</param>
/// <param name="Version">Changes with every state of Stripe's that was applied.</param>
/// <param name="Now">The calendar's time when this was read.</param>
public sealed record OwnSubscription(
    string Id, string CustomerId, string TierId, string TierName, string Family, BillingCycle Cycle, string Status, long? AmountMinor, string? Currency,
    DateTime? CurrentPeriodEnd, bool CancelAtPeriodEnd, string? PlannedTierId, string? PlannedTierName, BillingCycle? PlannedCycle, DateTime? PlannedAt,
    int Refusals, DateTime Version, DateTime Now)
{
    /// <summary>Whether it has not ended: its user cannot buy another of its family, whatever its status says of the payment.</summary>
    public bool IsLive => Status is not ("canceled" or "incomplete_expired");
}

internal sealed class ReadSubscriptionsHandler(IDbContextFactory<BillingContext> contexts) : IRequestHandler<ReadSubscriptions, IReadOnlyList<OwnSubscription>>
{
    private const int Most = 20;

    public async Task<IReadOnlyList<OwnSubscription>> Handle(ReadSubscriptions query, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await (
            from s in db.Subscriptions
            where s.UserId == query.UserId
            join t in db.Tiers on s.TierId equals t.Id
            join c in db.PlannedChanges on s.SubscriptionId equals c.SubscriptionId into changes
            from c in changes.DefaultIfEmpty()
            join n in db.Tiers on c.TierId equals n.Id into next
            from n in next.DefaultIfEmpty()
            orderby s.Status == "canceled" || s.Status == "incomplete_expired", EF.Property<DateTime>(s, "CreatedAt") descending, s.SubscriptionId
            select new
            {
                Row = s, TierName = t.Name, t.Family, Planned = c, PlannedTierName = n.Name, Version = EF.Property<DateTime>(s, "UpdatedAt"),
                Now = BillingContext.CalendarNow(),
            }).Take(Most).ToListAsync(cancellationToken);
        return [.. rows.Select(r => Of(r.Row, r.TierName, r.Family, r.Planned, r.PlannedTierName, r.Version, r.Now))];
    }

    private static OwnSubscription Of(
        SubscriptionRow s, string tierName, string family, PlannedChange? planned, string? plannedTierName, DateTime version, DateTime now)
    {
        var own = new OwnSubscription(
            s.SubscriptionId, s.CustomerId, s.TierId, tierName, family, BillingCycles.Known(s.Cycle), s.Status, s.AmountMinor, s.Currency,
            s.CurrentPeriodEnd?.UtcDateTime, s.CancelAtPeriodEnd, null, null, null, null, planned?.Refusals ?? 0, version, now);
        var changes = planned is not null && own.IsLive && (planned.TierId, planned.Cycle) != (own.TierId, own.Cycle);
        return !changes ? own : own with
        {
            PlannedTierId = plannedTierName is null ? null : planned!.TierId, PlannedTierName = plannedTierName, PlannedCycle = planned!.Cycle,
            PlannedAt = planned.EffectiveAt,
        };
    }
}
