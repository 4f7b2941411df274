using BillingMonolith.SharedKernel;
using Dapper;

namespace BillingMonolith.Credits;

/// <summary>
/// Credits to give once: a lot and its first entry. The source names the thing that is granted once (<c>session:cs_…</c>,
/// <c>invoice:in_…</c>, <c>admin:…</c>); a lot of lower priority burns first; no expiry means never.
/// </summary>
internal sealed record Grant(string Source, string UserId, long Credits, int Priority, DateTimeOffset? ExpiresAt, string? Reason = null);

/// <summary>An entry of the ledger, and the user's balance after it.</summary>
internal sealed record Posting(long EntryId, long BalanceAfter);

/// <summary>An expired lot, and the entry that took the rest of it.</summary>
internal sealed record EndedLot(long EntryId, long Amount, string LotSource, DateTime EndedAt);

/// <summary>
/// The only access to the ledger. Everything happens in the database (<c>Schema/0002_ledger.sql</c>, <c>0003_reservations.sql</c>,
/// <c>0004_spending.sql</c>, <c>0006_money_back.sql</c>): its functions keep lots, balance and debt together, one user at a time, and the
/// application may write none of them. A known source is refused the second time.
/// </summary>
internal sealed class Ledger(UnitOfWork work)
{
    internal const int AllowancePriority = 10;
    internal const int PurchasePriority = 100;

    /// <summary>Grants the sources that were not granted before, and returns the entries by source.</summary>
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
                // Not DateTime: the type of an array of those follows from its first element, and a leading null yields the wrong one.
                Expiries = grants.Select(g => g.ExpiresAt?.ToUniversalTime()).ToArray(),
                Reasons = grants.Select(g => g.Reason).ToArray(),
            },
            cancellationToken: cancellationToken));
        return granted.ToDictionary(p => p.Source, p => new Posting(p.EntryId, p.BalanceAfter));
    }

    /// <summary>Takes credits in burn order, all of them or none; null when there are not enough.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="credits">The number of credits.</param>
    /// <param name="kind"><c>consume</c> or <c>adjust</c>.</param>
    /// <param name="source">The unique source of the entry.</param>
    /// <param name="reason">For people.</param>
    /// <param name="reference">The caller's own id of the purpose.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public Task<Posting?> TakeAsync(
        string userId, long credits, string kind, string source, string reason, string? reference, CancellationToken cancellationToken) =>
        OneAsync("credit_take(@userId, @credits, @kind, @source, @reason, @reference)",
            new { userId, credits, kind, source, reason, reference }, cancellationToken);

    /// <summary>Takes back a grant from the rest of its lot; the expired part counts as returned, and the spent part becomes a debt.</summary>
    public async Task<Posting> ClawBackAsync(
        string userId, string origin, long credits, string source, string reason, CancellationToken cancellationToken) =>
        (await OneAsync("credit_claw_back(@userId, @origin, @credits, @source, @reason)",
            new { userId, origin, credits, source, reason }, cancellationToken))!;

    /// <summary>Restores credits clawed back without cause, except the expired part: debt is repaid first, the rest becomes a lot on its terms.</summary>
    public async Task<Posting> RestoreAsync(
        string userId, string origin, long credits, string source, string reason, CancellationToken cancellationToken) =>
        (await OneAsync("credit_restore(@userId, @origin, @credits, @source, @reason)",
            new { userId, origin, credits, source, reason }, cancellationToken))!;

    /// <summary>Freezes or unfreezes the rest of a grant. Frozen credits count in the balance and cannot be spent.</summary>
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
    /// Ends a hold: spends so much of it (0 = release, null = all) and releases the rest. Returns the state before and the hold as it is now;
    /// it stays held when more is requested than it holds. Null when there is no such hold, or another user owns it.
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

    /// <summary>The user's balance and available credits, with the changes of this transaction.</summary>
    public async Task<Standing> StandingAsync(string userId, CancellationToken cancellationToken) =>
        await Standing.ReadAsync(await work.OpenAsync(cancellationToken), userId, cancellationToken);

    /// <summary>Ends the user's expired reservations and lots, and returns the lots.</summary>
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
