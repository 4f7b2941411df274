using System.Diagnostics;
using System.Globalization;
using BillingMonolith.Credits;
using BillingMonolith.Host.Database;
using BillingMonolith.SharedKernel;
using Dapper;
using Npgsql;

namespace BillingMonolith.Benchmarks;

/// <summary>Credits taken one at a time by eight connections, of one hot user and of a thousand, against the barest thing that could be called a balance.</summary>
internal static class LedgerSpending
{
    private const int Connections = 8;
    private const int Users = 1000;
    private const int Turns = 5;

    public static async Task<IReadOnlyList<Finding>> MeasureAsync(Run run, int seconds, CancellationToken cancellationToken)
    {
        var connectionString = await run.NewDatabaseAsync();
        await using var owner = new NpgsqlConnection(connectionString);
        await owner.OpenAsync(cancellationToken);
        await owner.ExecuteAsync("""
            SELECT count(*) FROM credit_grant(ARRAY(SELECT 'grant:' || i FROM generate_series(0, @Users - 1) i), ARRAY(SELECT 'user' || i FROM generate_series(0, @Users - 1) i),
              array_fill(1000000000000, ARRAY[@Users]), array_fill(100, ARRAY[@Users]), array_fill(NULL::timestamptz, ARRAY[@Users]), array_fill(NULL::text, ARRAY[@Users]));
            CREATE TABLE bare (user_id text PRIMARY KEY, balance bigint NOT NULL);
            INSERT INTO bare SELECT user_id, balance FROM credit_accounts;
            GRANT SELECT, UPDATE ON bare TO billing_app;
            """, new { Users });
        await owner.ExecuteAsync("VACUUM ANALYZE");
        await using var database = NpgsqlDataSource.Create(new DatabaseOptions { ConnectionString = connectionString }.Application(TimeSpan.FromMinutes(5)));

        var findings = new List<Finding>();
        foreach (var (who, users) in (IEnumerable<(string, int)>)[("one hot user", 1), ("1,000 users", Users)])
        {
            var (ours, theirs) = (new List<double>(), new List<double>());
            for (var turn = 0; turn < Turns; turn++)
            {
                ours.Add(await RateAsync(seconds, users, user => TakeAsync(database, user)));
                theirs.Add(await RateAsync(seconds, users, user => UpdateAsync(database, user)));
            }

            findings.Add(new($"Consume, {who}", Text(ours), $"bare UPDATE … RETURNING: {Text(theirs)}", Run.Median(ours.Zip(theirs, (o, t) => o / t))));
        }

        foreach (var (table, updates, hot) in await owner.QueryAsync<(string, long, long)>(
            "SELECT relname, n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname IN ('credit_accounts', 'credit_lots')"))
            Run.Note($"{table}: {updates} updates, {100.0 * hot / Math.Max(updates, 1):0.0} % in place");
        return findings;
    }

    private static async Task TakeAsync(NpgsqlDataSource database, string user)
    {
        await using var work = new UnitOfWork(database);
        await new Ledger(work).TakeAsync(user, 1, "consume", $"consume:{Guid.CreateVersion7()}", "benchmark", reference: null, CancellationToken.None);
        await work.CommitAsync(CancellationToken.None);
    }

    private static async Task UpdateAsync(NpgsqlDataSource database, string user)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteScalarAsync<long>("UPDATE bare SET balance = balance - 1 WHERE user_id = @user RETURNING balance", new { user });
    }

    /// <summary>Commits per second.</summary>
    private static async Task<double> RateAsync(int seconds, int users, Func<string, Task> act)
    {
        var (done, started) = (0L, Stopwatch.GetTimestamp());
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(async connection =>
        {
            var random = new Random(connection);
            while (Stopwatch.GetElapsedTime(started).TotalSeconds < seconds)
            {
                await act(string.Create(CultureInfo.InvariantCulture, $"user{random.Next(users)}"));
                Interlocked.Increment(ref done);
            }
        }));
        return done / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static string Text(List<double> rates) => string.Create(CultureInfo.InvariantCulture, $"{Run.Median(rates):0} commits/s");
}
