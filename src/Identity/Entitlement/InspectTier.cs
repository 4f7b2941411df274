using System.Globalization;
using Dapper;
using MediatR;
using Npgsql;

namespace BillingMonolith.Identity;

/// <summary>The difference between our record of a subscription's entitlement and the command's result; null = none. Writes nothing.</summary>
/// <param name="Wanted">The command that follows from Stripe's present state.</param>
public sealed record InspectTier(SetTier Wanted) : IRequest<TierDrift?>;

/// <summary>A difference.</summary>
/// <param name="Kind"><c>tier-row-missing</c>, <c>tier-row-user</c> or <c>tier-row-differs</c>.</param>
/// <param name="Have">The actual value.</param>
/// <param name="Want">The expected value.</param>
/// <param name="Mendable">Whether the command itself would repair it.</param>
public sealed record TierDrift(string Kind, string Have, string Want, bool Mendable = true);

internal sealed class InspectTierHandler(NpgsqlDataSource database) : IRequestHandler<InspectTier, TierDrift?>
{
    public async Task<TierDrift?> Handle(InspectTier query, CancellationToken cancellationToken)
    {
        var wanted = query.Wanted;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var stored = await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition("""
            SELECT user_id AS UserId, tier_id AS TierId, status, billing_cycle AS BillingCycle, start_date AS StartDate, end_date AS EndDate,
                   CASE status WHEN 'past_due' THEN past_due_since END AS PastDueSince, (as_of, as_of_rank) > (@AsOf, @AsOfRank) AS IsNewer
            FROM identity_subscriptions WHERE subscription_id = @SubscriptionId
            """, new { wanted.SubscriptionId, AsOf = wanted.AsOf.UtcDateTime, wanted.AsOfRank }, cancellationToken: cancellationToken));
        if (stored is { IsNewer: true }) return null; // somebody else was faster
        var want = new Row(wanted.UserId, wanted.TierId, wanted.Status, wanted.BillingCycle, wanted.StartDate?.UtcDateTime, wanted.EndDate?.UtcDateTime,
            wanted.PastDueSince?.UtcDateTime, IsNewer: false);
        if (stored is null) return new TierDrift("tier-row-missing", "no row in identity_subscriptions", Words(want));
        if (stored.UserId != want.UserId) return new TierDrift("tier-row-user", $"user {stored.UserId}", $"user {want.UserId}", Mendable: false);
        return stored == want ? null : new TierDrift("tier-row-differs", Words(stored), Words(want));
    }

    private static string Words(Row row) =>
        string.Create(CultureInfo.InvariantCulture, $"{row.TierId} {row.BillingCycle} {row.Status}, from {row.StartDate:u} until {row.EndDate:u}")
        + (row.PastDueSince is { } since ? string.Create(CultureInfo.InvariantCulture, $", unpaid since {since:u}") : "");

    private sealed record Row(
        string UserId, string TierId, string Status, string? BillingCycle, DateTime? StartDate, DateTime? EndDate, DateTime? PastDueSince, bool IsNewer);
}
