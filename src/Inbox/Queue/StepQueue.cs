using BillingMonolith.SharedKernel;
using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BillingMonolith.Inbox;

/// <summary>
/// The queue in PostgreSQL: claim, end, fail, release, replay. The database's clock decides leases; a host's clock never does. It touches only steps of known
/// kinds: an older host leaves a newer one's alone (<see cref="NewerSteps"/>).
/// </summary>
internal sealed class StepQueue(NpgsqlDataSource database, StepKinds kinds, IOptions<InboxOptions> options)
{
    // The conditions of the two indexes: waiting steps, and claimed steps whose owner has not reported since.
    internal const string Waiting = "outcome IS NULL AND (attempts = 0 OR last_error IS NOT NULL)";
    internal const string Claimed = "outcome IS NULL AND attempts > 0 AND last_error IS NULL";
    private int claims;

    /// <summary>
    /// Takes due steps. A lapsed step (its process ended without a report) is taken alone, so that an event that crashes the process does not crash
    /// others with it again. Waiting and lapsed steps take turns: neither a backlog nor a crash delays the other.
    /// </summary>
    public async Task<IReadOnlyList<ClaimedStep>> ClaimAsync(string lane, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var lapsedFirst = (Interlocked.Increment(ref claims) & 1) == 0;
        return await ClaimAsync(connection, lane, limit, lapsedFirst) is { Count: > 0 } first ? first : await ClaimAsync(connection, lane, limit, !lapsedFirst);
    }

    /// <summary>The time until the next step is due; null when none is open.</summary>
    public async Task<TimeSpan?> UntilNextAsync(string lane, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var seconds = await connection.ExecuteScalarAsync<double?>(new CommandDefinition($"""
            SELECT extract(epoch FROM least(
              (SELECT min(next_attempt_at) FROM inbox_steps WHERE lane = @lane AND {Waiting} AND command = ANY (@known)),
              (SELECT min(next_attempt_at) FROM inbox_steps WHERE lane = @lane AND {Claimed} AND command = ANY (@known))) - now())::float8
            """, new { lane, known = kinds.Known }, cancellationToken: cancellationToken));
        return seconds is { } s ? TimeSpan.FromSeconds(Math.Max(0, s)) : null;
    }

    /// <summary>Ends steps inside a transaction. A lost lease rolls back the whole transaction.</summary>
    public static async Task EndAsync(NpgsqlConnection connection, IReadOnlyList<(StepLease Lease, Outcome Outcome)> ends, CancellationToken cancellationToken)
    {
        var rows = ends.Select(e => (e.Lease, Word: Word(e.Outcome), Reason: Reason(e.Outcome))).ToList();
        var ended = await connection.QueryAsync<(string, string)>(new CommandDefinition("""
            UPDATE inbox_steps s SET outcome = e.outcome, completed_at = clock_timestamp(), last_error = e.reason, waits_for = e.waits_for
            FROM unnest(@Events, @Commands, @Attempts, @Outcomes, @Reasons, @WaitFor) AS e (event_id, command, attempt, outcome, reason, waits_for)
            WHERE s.event_id = e.event_id AND s.command = e.command AND s.attempts = e.attempt AND s.outcome IS NULL
            RETURNING s.event_id, s.command
            """,
            new
            {
                Events = rows.ConvertAll(r => r.Lease.EventId),
                Commands = rows.ConvertAll(r => r.Lease.Command),
                Attempts = rows.ConvertAll(r => r.Lease.Attempt),
                Outcomes = rows.ConvertAll(r => r.Word),
                Reasons = rows.ConvertAll(r => r.Reason),
                WaitFor = ends.Select(e => (e.Outcome as Outcome.Parked)?.WaitsFor).ToList(),
            },
            cancellationToken: cancellationToken));
        var written = ended.ToHashSet();
        if (rows.FirstOrDefault(r => !written.Contains((r.Lease.EventId, r.Lease.Command))).Lease is { } lost) throw new LeaseLostException(lost);
    }

    /// <summary>Puts a step back, due after the delay. Changes nothing when the lease was lost.</summary>
    public async Task RetryAsync(StepLease lease, TimeSpan delay, string? error, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            UPDATE inbox_steps SET next_attempt_at = clock_timestamp() + make_interval(secs => @Seconds), last_error = coalesce(@error, last_error, '')
            WHERE event_id = @EventId AND command = @Command AND attempts = @Attempt AND outcome IS NULL
            """, new { Seconds = delay.TotalSeconds, error, lease.EventId, lease.Command, lease.Attempt }, cancellationToken: cancellationToken));
    }

    /// <summary>Moves a step to another lane, due at once. Changes nothing when the lease was lost.</summary>
    public async Task MoveAsync(StepLease lease, string lane, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition($"""
            UPDATE inbox_steps SET lane = @lane, attempts = 0, next_attempt_at = clock_timestamp(), last_error = NULL
            WHERE event_id = @EventId AND command = @Command AND attempts = @Attempt AND outcome IS NULL;
            {InboxWakeUp.NotifyAllHosts}
            """, new { lane, lease.EventId, lease.Command, lease.Attempt }, cancellationToken: cancellationToken));
    }

    // By row address, because with a join the planner might read the whole history of steps, depending on its estimate of the limit.
    // Not cancelled: a claim that was applied and whose answer was lost would block its steps for a lease.
    private async Task<IReadOnlyList<ClaimedStep>> ClaimAsync(NpgsqlConnection connection, string lane, int limit, bool lapsed)
    {
        var rows = await connection.QueryAsync<(string EventId, string Command, int Attempt, int PlanVersion, byte[] Payload)>(
            new CommandDefinition($"""
            WITH claimed AS (
              UPDATE inbox_steps SET attempts = attempts + 1, next_attempt_at = clock_timestamp() + @lease, last_error = NULL
              WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM inbox_steps WHERE lane = @lane AND {(lapsed ? Claimed : Waiting)} AND next_attempt_at <= now()
                  AND command = ANY (@known)
                ORDER BY next_attempt_at LIMIT @limit FOR UPDATE SKIP LOCKED))
              RETURNING event_id, command, attempts, plan_version)
            SELECT c.event_id, c.command, c.attempts, c.plan_version, e.payload FROM claimed c JOIN inbox_events e ON e.id = c.event_id
            """, new { lane, limit = lapsed ? 1 : limit, lease = options.Value.Lease, known = kinds.Known }));
        return [.. rows.Select(r =>
            new ClaimedStep(new StepLease(r.EventId, r.Command, r.Attempt), kinds.Current(r.Command), r.PlanVersion, lapsed, r.Payload))];
    }

    private static string Word(Outcome outcome) => outcome switch { Outcome.Ignored => "ignored", Outcome.Parked => "parked", _ => "done" };

    private static string? Reason(Outcome outcome) => outcome switch { Outcome.Ignored i => i.Reason, Outcome.Parked p => p.Reason, _ => null };
}
