using Dapper;
using Npgsql;

namespace BillingMonolith.Host.Operations;

/// <summary>
/// Removes what has had its time, every hour or so. Every host does it: each takes rows that no other one holds, and a batch is short enough
/// to be in nobody's way.
/// </summary>
internal sealed class Housekeeping(NpgsqlDataSource database, TimeProvider time, Random random, ILogger<Housekeeping> log) : BackgroundService
{
    private const int Batch = 1000;

    /// <summary>Which rows of which table have had their time; there is an index for each.</summary>
    private static readonly (string Table, string Outlived)[] Chores =
    [
        ("idempotency_keys", "created_at < now() - interval '30 days'"),
        ("access_sessions", "expires_at < now()"),
        ("identity_changes", "at < now() - interval '1 hour'"),
        ("rate_windows", "minute < now() - interval '1 hour'"),
        ("reconcile_runs", "ended_at < now() - interval '90 days'"), // their findings go with them
    ];

    /// <summary>Removes everything that is due; answers how many rows.</summary>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        var removed = 0;
        foreach (var (table, outlived) in Chores)
        {
            int batch;
            do
            {
                await using var connection = await database.OpenConnectionAsync(cancellationToken);
                batch = await connection.ExecuteAsync(new CommandDefinition(
                    $"DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE {outlived} LIMIT {Batch} FOR UPDATE SKIP LOCKED))",
                    cancellationToken: cancellationToken));
                removed += batch;
            }
            while (batch == Batch);
        }

        return removed;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            // Hosts that started together do not sweep together.
            await Task.Delay(TimeSpan.FromMinutes(30 + (60 * random.NextDouble())), time, stoppingToken);
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (NpgsqlException e)
            {
                log.LogWarning("The hourly sweep failed and is repeated in an hour or so: {Reason}", e.Message);
            }
        }
    }
}
