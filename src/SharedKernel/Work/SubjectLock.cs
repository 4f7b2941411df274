using System.Globalization;
using Dapper;
using Npgsql;

namespace BillingMonolith.SharedKernel;

/// <summary>
/// One event of a subject at a time, over all hosts: "fetch, then update the others" must not interleave with an older fetch.
/// A transaction's advisory lock ends with its connection; a host that hangs loses that with its lease (DatabaseOptions.Application).
/// </summary>
public static class SubjectLock
{
    /// <summary>Waits, at most for a lease, until nobody else works on any of the subjects; disposing the result releases them.</summary>
    public static async Task<IAsyncDisposable> TakeAsync(
        NpgsqlDataSource database, IEnumerable<string> subjects, TimeSpan lease, CancellationToken cancellationToken)
    {
        var connection = await database.OpenConnectionAsync(cancellationToken);
        try
        {
            await connection.BeginTransactionAsync(cancellationToken);
            await HoldAsync(connection, subjects, lease, cancellationToken);
            return connection; // closing it rolls back the empty transaction, which releases the locks
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits, at most so long, until nobody else works on any of the subjects; until the end of the connection's transaction nobody does.</summary>
    public static Task HoldAsync(NpgsqlConnection connection, IEnumerable<string> subjects, TimeSpan atMost, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition("""
            SELECT set_config('lock_timeout', @Milliseconds, true);
            SELECT count(pg_advisory_xact_lock(hashtextextended(subject, 0))) FROM (SELECT unnest(@Subjects) AS subject ORDER BY 1) s
            """,
            new { Milliseconds = string.Create(CultureInfo.InvariantCulture, $"{(long)atMost.TotalMilliseconds}"), Subjects = subjects.ToArray() },
            cancellationToken: cancellationToken));
}
