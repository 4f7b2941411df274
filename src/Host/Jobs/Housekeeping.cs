using BillingMonolith.SharedKernel;
using Dapper;
using Npgsql;

namespace BillingMonolith.Host.Jobs;

/// <summary>
/// Deletes expired rows, every hour or so. Every host does it: each takes rows that no other one holds, and a batch is short enough
/// to block nobody.
/// </summary>
internal sealed class Housekeeping(NpgsqlDataSource database, TimeProvider time, Random random, ILogger<Housekeeping> log)
    : Sweep("Housekeeping", time, random, log)
{
    private const int Batch = 1000;

    /// <summary>The expired rows of each table; there is an index for each.</summary>
    private static readonly (string Table, string Outlived)[] Chores =
    [
        ("idempotency_keys", "created_at < now() - interval '30 days'"),
        ("access_sessions", "expires_at < now()"),
        ("identity_changes", "at < now() - interval '1 hour'"),
        ("rate_windows", "minute < now() - interval '1 hour'"),
        ("reconcile_runs", "ended_at < now() - interval '90 days'"), // their findings are deleted with them
    ];

    public override Task SweepAsync(CancellationToken cancellationToken) => RemoveAsync(cancellationToken);

    /// <summary>Deletes everything that is due; returns the number of rows.</summary>
    public async Task<int> RemoveAsync(CancellationToken cancellationToken)
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

    protected override TimeSpan Every => TimeSpan.FromHours(1);

    protected override bool StartsAtOnce => false;
}
