using BillingMonolith.SharedKernel;
using Dapper;

namespace BillingMonolith.Credits;

/// <summary>
/// Credits to give once, whatever happens: a lot and its first entry. The source names what can be granted once (<c>session:cs_…</c>,
/// <c>invoice:in_…</c>, <c>admin:…</c>); a lot of lower priority burns first; no expiry means never.
/// </summary>
internal sealed record Grant(string Source, string UserId, long Credits, int Priority, DateTimeOffset? ExpiresAt, string? Reason = null);

/// <summary>An entry of the ledger, and the user's balance with it.</summary>
internal sealed record Posting(long EntryId, long BalanceAfter);

/// <summary>A lot whose time was over, and the entry that took what was left of it.</summary>
internal sealed record EndedLot(long EntryId, long Amount, string LotSource, DateTime EndedAt);

/// <summary>
/// The ledger's only way in. Everything happens in the database (<c>Schema/0002_ledger.sql</c>, <c>0003_reservations.sql</c>,
/// <c>0004_spending.sql</c>, <c>0006_money_back.sql</c>): its functions keep lots, balance and debt together, one user at a time, and the
/// application may write none of them. A source that is known is refused for the second time.
/// </summary>
internal sealed class Ledger(UnitOfWork work)
{
    internal const int AllowancePriority = 10;
    internal const int PurchasePriority = 100;

    /// <summary>Grants what was not granted before and answers its writer, by source.</summary>
    public async Task<IReadOnlyDictionary<string, Posting>> GrantAsync(IReadOnlyList<Grant> grants, CancellationToken cancellationToken)
    {
        if (grants.Count == 0) return new Dictionary<string, Posting>();
        var connection = await work.OpenAsync(cancellationToken);
        var granted = await connection.QueryAsync<(string Source, long EntryId, long BalanceAfter)>(new CommandDefinition(
            "SELECT source, entry_id, balance_after FROM credit_grant(@Sources, @Users, @Amounts, @Priorities, @Expiries, @Reasons)",
            new
            {
                Sources = grants.Select(g => g.Source).ToArray(),
                Users = grants.Select(g => g.UserId).ToArray(),
                Amounts = grants.Select(g => g.Credits).ToArray(),
                Priorities = grants.Select(g => g.Priority).ToArray(),
                // Not DateTime: the type of an array of those follows from its first element, and null says the wrong one.
                Expiries = grants.Select(g => g.ExpiresAt?.ToUniversalTime()).ToArray(),
                Reasons = grants.Select(g => g.Reason).ToArray(),
            },
            cancellationToken: cancellationToken));
        return granted.ToDictionary(p => p.Source, p => new Posting(p.EntryId, p.BalanceAfter));
    }

    /// <summary>Takes credits in burn order, all of them or none; null when there are not enough.</summary>
    /// <param name="userId">Whose.</param>
    /// <param name="credits">How many.</param>
    /// <param name="kind"><c>consume</c> or <c>adjust</c>.</param>
    /// <param name="source">What they are taken for, once.</param>
    /// <param name="reason">For people.</param>
    /// <param name="reference">The caller's own id of what they are taken for.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public Task<Posting?> TakeAsync(
        string userId, long credits, string kind, string source, string reason, string? reference, CancellationToken cancellationToken) =>
        OneAsync("credit_take(@userId, @credits, @kind, @source, @reason, @reference)",
            new { userId, credits, kind, source, reason, reference }, cancellationToken);

    /// <summary>Takes back what a grant gave: from what is left of it; what ended by itself counts as given back, and what was spent becomes a debt.</summary>
    public async Task<Posting> ClawBackAsync(
        string userId, string origin, long credits, string source, string reason, CancellationToken cancellationToken) =>
        (await OneAsync("credit_claw_back(@userId, @origin, @credits, @source, @reason)",
            new { userId, origin, credits, source, reason }, cancellationToken))!;

    /// <summary>Gives back what was clawed back for nothing, but not what had ended: what is owed is settled, the rest is a lot on the grant's terms.</summary>
    public async Task<Posting> RestoreAsync(
        string userId, string origin, long credits, string source, string reason, CancellationToken cancellationToken) =>
        (await OneAsync("credit_restore(@userId, @origin, @credits, @source, @reason)",
            new { userId, origin, credits, source, reason }, cancellationToken))!;

    /// <summary>Freezes what is left of a grant, or lets go of it. Frozen credits count in the balance and cannot be spent.</summary>
    public async Task FreezeAsync(string userId, string origin, bool frozen, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("SELECT credit_freeze(@userId, @origin, @frozen)", new { userId, origin, frozen },
            cancellationToken: cancellationToken));
    }

    /// <summary>Holds credits, all of them or none; null when there are not enough.</summary>
    public async Task<ReservationRow?> HoldAsync(Guid id, HoldCredits hold, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<ReservationRow>(new CommandDefinition("""
            SELECT id, user_id AS UserId, amount, state, committed, expires_at AS ExpiresAt, reason, reference, entry_id AS TransactionId
            FROM credit_hold(@id, @UserId, @Amount, make_interval(secs => @ExpiresInSeconds), @Reason, @Reference)
            """, new { id, hold.UserId, hold.Amount, hold.ExpiresInSeconds, hold.Reason, hold.Reference }, cancellationToken: cancellationToken));
    }

    /// <summary>
    /// Ends a hold: takes so much of it (0 = release, null = all) and lets go of the rest. Answers the state before and the hold as it is now;
    /// still held when more is asked than it holds. Null when there is no such hold, or it is not this owner's.
    /// </summary>
    public async Task<(string Was, ReservationRow Now)?> EndHoldAsync(Guid id, string? ownerId, long? amount, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        return (await connection.QueryAsync<ReservationRow, string, (string, ReservationRow)>(new CommandDefinition("""
            SELECT (h.reservation).id, (h.reservation).user_id AS UserId, (h.reservation).amount, (h.reservation).state, (h.reservation).committed,
                   (h.reservation).expires_at AS ExpiresAt, (h.reservation).reason, (h.reservation).reference, (h.reservation).entry_id AS TransactionId, h.was
            FROM credit_end_hold(@id, @ownerId, @amount) h
            """, new { id, ownerId, amount }, cancellationToken: cancellationToken), (row, was) => (was, row), splitOn: "was"))
            .Select(h => ((string, ReservationRow)?)h).SingleOrDefault();
    }

    /// <summary>How the user stands, with what this transaction has done.</summary>
    public async Task<Standing> StandingAsync(string userId, CancellationToken cancellationToken) =>
        await Standing.ReadAsync(await work.OpenAsync(cancellationToken), userId, cancellationToken);

    /// <summary>Ends reservations and lots of the user whose time is over; answers the lots.</summary>
    public async Task<IReadOnlyList<EndedLot>> SweepAsync(string userId, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        return (await connection.QueryAsync<EndedLot>(new CommandDefinition("""
            SELECT entry_id AS EntryId, amount, lot_source AS LotSource, ended_at AS EndedAt FROM credit_sweep(@userId)
            """, new { userId }, cancellationToken: cancellationToken))).AsList();
    }

    private async Task<Posting?> OneAsync(string call, object parameters, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<Posting>(new CommandDefinition(
            $"SELECT entry_id AS EntryId, balance_after AS BalanceAfter FROM {call}", parameters, cancellationToken: cancellationToken));
    }
}
