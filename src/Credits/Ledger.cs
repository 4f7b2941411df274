using BillingMonolith.Audit;
using Dapper;

namespace BillingMonolith.Credits;

/// <summary>
/// Credits to give once, whatever happens: a lot and its first entry. The source names what can be granted once (<c>session:cs_…</c>,
/// <c>invoice:in_…</c>, <c>admin:…</c>); a lot of lower priority burns first; no expiry means never.
/// </summary>
internal sealed record Grant(string Source, string UserId, long Credits, int Priority, DateTimeOffset? ExpiresAt);

/// <summary>The entry that a grant became, and the user's balance with it.</summary>
internal sealed record Posting(string Source, long EntryId, long BalanceAfter);

/// <summary>
/// The ledger's only way in. Lots and entries are inserted; the database posts them to the lot, the account and the running balance
/// (trigger <c>credit_entries_post</c>), and refuses a source for the second time.
/// </summary>
internal sealed class Ledger(UnitOfWork work)
{
    internal const int AllowancePriority = 10;
    internal const int PurchasePriority = 100;

    /// <summary>Grants what was not granted before and answers its postings, by source.</summary>
    public async Task<IReadOnlyDictionary<string, Posting>> GrantAsync(IReadOnlyList<Grant> grants, CancellationToken cancellationToken)
    {
        if (grants.Count == 0) return new Dictionary<string, Posting>();
        var connection = await work.OpenAsync(cancellationToken);
        // In the order of the users, so that two writers meet at the same account and not across two.
        var granted = await connection.QueryAsync<Posting>(new CommandDefinition("""
            WITH lots AS (
              INSERT INTO credit_lots (source, user_id, amount, priority, expires_at)
              SELECT * FROM unnest(@Sources, @Users, @Amounts, @Priorities, @Expiries)
              ON CONFLICT (source) DO NOTHING
              RETURNING id, user_id, amount, source)
            INSERT INTO credit_entries (user_id, lot_id, kind, amount, source)
            SELECT user_id, id, 'grant', amount, source FROM lots ORDER BY user_id, id
            RETURNING source, id AS EntryId, balance_after AS BalanceAfter
            """,
            new
            {
                Sources = grants.Select(g => g.Source).ToArray(),
                Users = grants.Select(g => g.UserId).ToArray(),
                Amounts = grants.Select(g => g.Credits).ToArray(),
                Priorities = grants.Select(g => g.Priority).ToArray(),
                Expiries = grants.Select(g => g.ExpiresAt?.UtcDateTime).ToArray(),
            },
            cancellationToken: cancellationToken));
        return granted.ToDictionary(p => p.Source);
    }
}
