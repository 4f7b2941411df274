using System.Diagnostics;
using Dapper;
using Npgsql;

namespace BillingMonolith.Benchmarks;

/// <summary>Stored events whose work is done when it is asked for, and how long that takes.</summary>
internal static class Backlog
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Stores events that nobody works on yet.</summary>
    public static async Task StoreAsync(NpgsqlConnection connection, EventTemplate template, int count)
    {
        await using var copy = await connection.BeginBinaryImportAsync(
            "COPY inbox_events (id, type, created, livemode, api_version, payload, routed) FROM STDIN (FORMAT BINARY)");
        var created = TimeProvider.System.GetUtcNow().UtcDateTime;
        for (var number = 0; number < count; number++)
        {
            var body = new byte[template.Length];
            template.Write(body, number);
            await copy.StartRowAsync();
            await copy.WriteAsync(template.EventId(number));
            await copy.WriteAsync("checkout.session.completed");
            await copy.WriteAsync(created, NpgsqlTypes.NpgsqlDbType.TimestampTz);
            await copy.WriteAsync(value: false);
            await copy.WriteNullAsync();
            await copy.WriteAsync(body);
            await copy.WriteAsync(value: true);
        }

        await copy.CompleteAsync();
    }

    /// <summary>Queues so many more of the stored events in one transaction; answers the seconds until the last step has ended.</summary>
    public static async Task<double> DrainAsync(NpgsqlConnection connection, int count)
    {
        var watch = Stopwatch.StartNew();
        await connection.ExecuteAsync("""
            INSERT INTO inbox_steps (event_id, command, lane)
            SELECT id, 'route', 'local' FROM inbox_events e WHERE NOT EXISTS (SELECT FROM inbox_steps s WHERE s.event_id = e.id) ORDER BY id LIMIT @count
            """, new { count }, commandTimeout: 120);
        var queued = await connection.ExecuteScalarAsync<DateTime>("SELECT clock_timestamp()");
        await WhenDoneAsync(connection);
        return (await connection.ExecuteScalarAsync<DateTime>("SELECT max(completed_at) FROM inbox_steps") - queued).TotalSeconds;
    }

    /// <summary>Waits until no step is open, looking seldom: looking costs what is measured.</summary>
    /// <exception cref="InvalidOperationException">A step did not end as it should.</exception>
    public static async Task WhenDoneAsync(NpgsqlConnection connection)
    {
        var watch = Stopwatch.StartNew();
        while (await connection.ExecuteScalarAsync<bool>("SELECT EXISTS (SELECT FROM inbox_steps WHERE outcome IS NULL)"))
        {
            if (watch.Elapsed > Patience) throw new TimeoutException("The backlog is not drained.");
            await Task.Delay(200);
        }

        if (await connection.QueryFirstOrDefaultAsync<string>("SELECT last_error FROM inbox_steps WHERE outcome <> 'done'") is { } error)
            throw new InvalidOperationException(error);
    }
}
