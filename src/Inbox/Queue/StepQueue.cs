using BillingMonolith.SharedKernel;
using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BillingMonolith.Inbox;

/// <summary>
/// The queue in PostgreSQL: claim, end, fail, release, replay. The database's clock decides leases; a host's clock never does. It touches steps of known
/// kinds only: an older host leaves a newer one's alone (<see cref="NewerSteps"/>).
/// </summary>
internal sealed class StepQueue(NpgsqlDataSource database, StepKinds kinds, IEventPlan plan, IOptions<InboxOptions> options)
{
    // As the two indexes have it: what waits, and what was claimed and has left no word since.
    internal const string Waiting = "outcome IS NULL AND (attempts = 0 OR last_error IS NOT NULL)";
    internal const string Claimed = "outcome IS NULL AND attempts > 0 AND last_error IS NULL";

    // An ended step that is opened again has all its tries.
    internal const string Reopened = "outcome = NULL, completed_at = NULL, attempts = 0, next_attempt_at = now(), last_error = NULL, waits_for = NULL";

    // What a newer version wrote is taken by a newer host, unless none has come for a minute: then this one knows it, or leaves it.
    private const string Ours = "command = ANY (@known) AND (plan_version <= @version OR next_attempt_at <= now() - interval '1 minute')";
    private int claims;

    /// <summary>
    /// Takes due steps. A step whose last claim left no word (its process ended) is taken alone, so that an event that ends the process takes no
    /// others with it again. The two kinds go first in turn: neither a backlog nor a crash keeps the other waiting.
    /// </summary>
    public async Task<IReadOnlyList<ClaimedStep>> ClaimAsync(string lane, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var lapsedFirst = (Interlocked.Increment(ref claims) & 1) == 0;
        return await ClaimAsync(connection, lane, limit, lapsedFirst) is { Count: > 0 } first ? first : await ClaimAsync(connection, lane, limit, !lapsedFirst);
    }

    /// <summary>How long until the next step is due; null when none is open.</summary>
    public async Task<TimeSpan?> UntilNextAsync(string lane, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var seconds = await connection.ExecuteScalarAsync<double?>(new CommandDefinition($"""
            SELECT extract(epoch FROM least(
              (SELECT min(next_attempt_at) FROM inbox_steps WHERE lane = @lane AND {Waiting} AND {Ours}),
              (SELECT min(next_attempt_at) FROM inbox_steps WHERE lane = @lane AND {Claimed} AND {Ours})) - now())::float8
            """, new { lane, known = kinds.Known, version = plan.Version }, cancellationToken: cancellationToken));
        return seconds is { } s ? TimeSpan.FromSeconds(Math.Max(0, s)) : null;
    }

    /// <summary>Ends steps inside a transaction. A lease that was lost undoes the whole of it.</summary>
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

    /// <summary>Puts a step back, due after the delay. Touches nothing when the lease was lost.</summary>
    public async Task RetryAsync(StepLease lease, TimeSpan delay, string? error, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            UPDATE inbox_steps SET next_attempt_at = clock_timestamp() + make_interval(secs => @Seconds), last_error = coalesce(@error, last_error, '')
            WHERE event_id = @EventId AND command = @Command AND attempts = @Attempt AND outcome IS NULL
            """, new { Seconds = delay.TotalSeconds, error, lease.EventId, lease.Command, lease.Attempt }, cancellationToken: cancellationToken));
    }

    /// <summary>Puts a step into another lane, due at once. Its tries stay, because they are the fence. Touches nothing when the lease was lost.</summary>
    public async Task MoveAsync(StepLease lease, string lane, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition($"""
            UPDATE inbox_steps SET lane = @lane, next_attempt_at = clock_timestamp(), last_error = ''
            WHERE event_id = @EventId AND command = @Command AND attempts = @Attempt AND outcome IS NULL AND lane <> @lane;
            {InboxWakeUp.NotifyAllHosts}
            """, new { lane, lease.EventId, lease.Command, lease.Attempt }, cancellationToken: cancellationToken));
    }

    // By row address: a join would leave it to the planner's guess at the limit whether to read the whole history of steps.
    // Not cancelled: a claim that was applied and not heard of would leave its steps untouched for a lease.
    private async Task<IReadOnlyList<ClaimedStep>> ClaimAsync(NpgsqlConnection connection, string lane, int limit, bool lapsed)
    {
        var rows = await connection.QueryAsync<(string EventId, string Command, int Attempt, int PlanVersion, byte[] Payload)>(
            new CommandDefinition($"""
            WITH claimed AS (
              UPDATE inbox_steps SET attempts = attempts + 1, next_attempt_at = clock_timestamp() + @lease, last_error = NULL
              WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM inbox_steps WHERE lane = @lane AND {(lapsed ? Claimed : Waiting)} AND next_attempt_at <= now()
                  AND {Ours}
                ORDER BY next_attempt_at LIMIT @limit FOR UPDATE SKIP LOCKED))
              RETURNING event_id, command, attempts, plan_version)
            SELECT c.event_id, c.command, c.attempts, c.plan_version, e.payload FROM claimed c JOIN inbox_events e ON e.id = c.event_id
            """, new { lane, limit = lapsed ? 1 : limit, lease = options.Value.Lease, known = kinds.Known, version = plan.Version }));
        return [.. rows.Select(r =>
            new ClaimedStep(new StepLease(r.EventId, r.Command, r.Attempt), kinds.Current(r.Command), r.PlanVersion, lapsed, r.Payload))];
    }

    private static string Word(Outcome outcome) => outcome switch { Outcome.Ignored => "ignored", Outcome.Parked => "parked", _ => "done" };

    private static string? Reason(Outcome outcome) => outcome switch { Outcome.Ignored i => i.Reason, Outcome.Parked p => p.Reason, _ => null };
}
