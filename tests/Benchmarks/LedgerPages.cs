using System.Diagnostics;
using System.Globalization;
using Dapper;
using Npgsql;

namespace BillingMonolith.Benchmarks;

/// <summary>What a user reads of the ledger, when it has five million entries and when it has ten thousand.</summary>
internal static class LedgerPages
{
    private const int Few = 10_000;
    private const int Turns = 31;
    private const int Reads = 100;

    private const string Transactions = """
        SELECT id, kind, amount, balance_after AS BalanceAfter, debt, debt_after AS DebtAfter, reason, reference, source, created_at AS CreatedAt
        FROM credit_entries WHERE user_id = @User
        """;

    private static readonly (string What, string Sql)[] Pages =
    [
        ("Transactions, newest 50 of the hot user", $"{Transactions} ORDER BY id DESC LIMIT 51"),
        ("Transactions, 50 from the middle", $"{Transactions} AND id < @Middle ORDER BY id DESC LIMIT 51"),
        ("Balance", "SELECT balance, debt, updated_at FROM credit_accounts WHERE user_id = @User"),
        ("History, newest 50", """
            SELECT id, package_name, credits, amount_paid_minor, currency, status, created_at, completed_at, stripe_payment_id
            FROM credit_purchases WHERE user_id = @User ORDER BY created_at DESC, id DESC LIMIT 51
            """),
    ];

    public static async Task<IReadOnlyList<Finding>> MeasureAsync(Run run, int rows, CancellationToken cancellationToken)
    {
        var (few, many) = (await run.NewDatabaseAsync(), await run.NewDatabaseAsync());
        await LedgerRows.FillAsync(few, Few);
        var watch = Stopwatch.StartNew();
        await LedgerRows.FillAsync(many, rows);
        Run.Note($"ledger of {rows} entries made in {watch.Elapsed.TotalSeconds:0} s");
        await using var small = await OpenAsync(few, cancellationToken);
        await using var large = await OpenAsync(many, cancellationToken);
        var findings = new List<Finding>();
        foreach (var (what, sql) in Pages)
        {
            var (shorts, longs) = (new List<double>(), new List<double>());
            for (var turn = 0; turn < Turns; turn++)
            {
                shorts.Add(await ReadAsync(small, sql, Few));
                longs.Add(await ReadAsync(large, sql, rows));
            }

            findings.Add(new($"{what}, {rows} entries", Text(longs), $"{Few} entries: {Text(shorts)}", Run.Median(longs) / Run.Median(shorts), AtMost: 1.3));
        }

        return findings;
    }

    /// <summary>Microseconds for one read.</summary>
    private static async Task<double> ReadAsync(NpgsqlConnection connection, string sql, int rows)
    {
        var parameters = new { User = LedgerRows.Hot, Middle = (long)rows / 2 };
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < Reads; i++) _ = (await connection.QueryAsync(sql, parameters)).AsList();
        return Stopwatch.GetElapsedTime(started).TotalMicroseconds / Reads;
    }

    private static async Task<NpgsqlConnection> OpenAsync(string connectionString, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(connectionString + ";Max Auto Prepare=40;Auto Prepare Min Usages=2");
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    private static string Text(List<double> microseconds) => string.Create(CultureInfo.InvariantCulture, $"{Run.Median(microseconds):0} µs");
}
