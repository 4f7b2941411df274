using System.Net;
using BillingMonolith.SharedKernel;
using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BillingMonolith.Host.Reconcile;

/// <summary>The options of a run.</summary>
internal sealed record ReconcileRequest(TimeSpan Since, bool Apply, bool Force, string AskedBy);

/// <summary>The run continued without this process, which hung for a lease.</summary>
internal sealed class RunLostException(long id) : Exception($"Reconcile run {id} was taken over by another process: this one had given no sign of life.");

/// <summary>The table of runs: one at a time over all hosts, continued where a killed one stopped.</summary>
internal sealed class ReconcileRuns(NpgsqlDataSource database, IOptions<ReconcileOptions> options)
{
    private static readonly TimeSpan StillOnTheirWay = TimeSpan.FromMinutes(2);

    internal const string Columns = """
        id, since, until, apply, force, asked_by AS AskedBy, owner, state, phase, cursor, fence, events, missing, compared, in_progress AS InProgress, message,
        started_at AS StartedAt, ended_at AS EndedAt
        """;

    /// <summary>
    /// Begins a run, or continues one with the same options whose process is gone. Refused (409) while one is under way.
    /// </summary>
    public async Task<(ReconcileRun Run, bool IsContinued)> BeginAsync(ReconcileRequest request, CancellationToken cancellationToken)
    {
        var owner = $"{Environment.MachineName}/{Environment.ProcessId}";
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtextextended('reconcile', 0))"); // two that begin at once, one after the other
        var running = await connection.QuerySingleOrDefaultAsync<Running>(new CommandDefinition(
            "SELECT id, apply, force, owner, asked_by AS AskedBy, started_at AS StartedAt, until - since AS Reach, lease_until > now() AS IsAlive "
            + "FROM reconcile_runs WHERE state = 'running'", cancellationToken: cancellationToken));
        if (running is { IsAlive: true })
        {
            throw new RefusalException(HttpStatusCode.Conflict, "reconcile-running",
                $"Reconcile run {running.Id} of {running.AskedBy} ({running.Owner}) is under way since {running.StartedAt:u}. "
                + "Wait for its end, then try again.");
        }

        var same = running is not null && (running.Apply, running.Force) == (request.Apply, request.Force)
            && (running.Reach + StillOnTheirWay - request.Since).Duration() < TimeSpan.FromSeconds(1);
        if (running is not null && !same)
            await connection.ExecuteAsync(
                "UPDATE reconcile_runs SET state = 'abandoned', ended_at = now(), message = 'Its process ended.' WHERE id = @Id", running);
        var sql = same
            ? $"UPDATE reconcile_runs SET fence = fence + 1, owner = @owner, lease_until = now() + @lease WHERE id = @id RETURNING {Columns}"
            : $"""
              INSERT INTO reconcile_runs (since, until, apply, force, asked_by, owner, lease_until)
              VALUES (billing_now() - @since, billing_now() - @young, @apply, @force, @askedBy, @owner, now() + @lease) RETURNING {Columns}
              """;
        var run = await connection.QuerySingleAsync<ReconcileRun>(new CommandDefinition(sql,
            new
            {
                owner, id = running?.Id, lease = options.Value.Lease, since = request.Since, young = StillOnTheirWay, apply = request.Apply,
                force = request.Force, askedBy = request.AskedBy,
            },
            cancellationToken: cancellationToken));
        await transaction.CommitAsync(cancellationToken);
        return (run, same);
    }

    /// <summary>Renews the lease of this process. False: it has lost the run.</summary>
    public async Task<bool> RenewAsync(ReconcileRun run, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteAsync(new CommandDefinition(
            "UPDATE reconcile_runs SET lease_until = now() + @lease WHERE id = @Id AND fence = @Fence AND state = 'running'",
            new { lease = options.Value.Lease, run.Id, run.Fence }, cancellationToken: cancellationToken)) == 1;
    }

    /// <summary>Releases the run in the middle: the next request continues it at once.</summary>
    public async Task LetGoAsync(ReconcileRun run)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync("UPDATE reconcile_runs SET lease_until = now() WHERE id = @Id AND fence = @Fence AND state = 'running'", run);
    }

    /// <summary>Writes the position.</summary>
    public async Task SaveAsync(ReconcileRun run, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await SaveAsync(connection, run, cancellationToken);
    }

    /// <summary>Writes the position, inside the transaction of its findings.</summary>
    public async Task SaveAsync(NpgsqlConnection open, ReconcileRun run, CancellationToken cancellationToken)
    {
        var saved = await open.ExecuteAsync(new CommandDefinition("""
            UPDATE reconcile_runs SET phase = @Phase, cursor = @Cursor, events = @Events, missing = @Missing, compared = @Compared, in_progress = @InProgress,
              lease_until = now() + @lease
            WHERE id = @Id AND fence = @Fence AND state = 'running'
            """,
            new { run.Phase, run.Cursor, run.Events, run.Missing, run.Compared, run.InProgress, run.Id, run.Fence, lease = options.Value.Lease },
            cancellationToken: cancellationToken));
        if (saved == 0) throw new RunLostException(run.Id);
    }

    /// <summary>Ends it.</summary>
    public async Task<ReconcileRun> EndAsync(ReconcileRun run, string state, string? message, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<ReconcileRun>(new CommandDefinition($"""
            WITH compared AS (DELETE FROM reconcile_compared WHERE run_id = @Id)
            UPDATE reconcile_runs SET state = @state, message = @message, ended_at = now() WHERE id = @Id AND fence = @Fence AND state = 'running'
            RETURNING {Columns}
            """, new { state, message, run.Id, run.Fence }, cancellationToken: cancellationToken)) ?? throw new RunLostException(run.Id);
    }

    /// <summary>The time since the last successful run, by the database's clock; null = there was none.</summary>
    public async Task<TimeSpan?> SinceLastAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<TimeSpan?>(new CommandDefinition(
            "SELECT now() - max(ended_at) FROM reconcile_runs WHERE state IN ('done', 'refused')", cancellationToken: cancellationToken));
    }

    private sealed record Running(
        long Id, bool Apply, bool Force, string Owner, string AskedBy, DateTime StartedAt, TimeSpan Reach, bool IsAlive);
}
