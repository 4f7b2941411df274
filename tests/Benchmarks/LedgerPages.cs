using System.Diagnostics;
using System.Globalization;
using BillingMonolith.Credits;
using BillingMonolith.Host.Database;
using BillingMonolith.SharedKernel;
using Dapper;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BillingMonolith.Benchmarks;

/// <summary>What a user reads of the ledger, by the product's own handlers, when it has five million entries and when it has ten thousand.</summary>
internal static class LedgerPages
{
    private const int Few = 10_000;
    private const int Turns = 31;
    private const int Reads = 50;
    private const int Limit = 50;
    private const double Aim = 1.3;

    /// <summary>Everything but the balance, newest first and from the middle of what the user has.</summary>
    private static readonly (string What, string User, Func<Ledger, string, Task> Read)[] Pages =
    [
        ("Transactions, newest 50", LedgerRows.Hot, (l, user) => l.TransactionsAsync(user, before: null)),
        ("Transactions, 50 from the middle", LedgerRows.Hot, (l, user) => l.TransactionsAsync(user, l.Rows / 2)),
        ("History, newest 50", LedgerRows.Hot, (l, user) => l.HistoryAsync(user, after: null)),
        ("History, 50 from the middle", LedgerRows.Hot, (l, user) => l.HistoryAsync(user, l.Middle)),
        ("Balance", LedgerRows.Hot, (l, user) => l.BalanceAsync(user)),
        ("Transactions, newest 50", LedgerRows.Ordinary, (l, user) => l.TransactionsAsync(user, before: null)),
        ("Transactions from the middle", LedgerRows.Ordinary, (l, user) => l.TransactionsAsync(user, l.Rows / 2)),
        ("History", LedgerRows.Ordinary, (l, user) => l.HistoryAsync(user, after: null)),
        ("Balance", LedgerRows.Ordinary, (l, user) => l.BalanceAsync(user)),
    ];

    public static async Task<IReadOnlyList<Finding>> MeasureAsync(Run run, int rows, CancellationToken cancellationToken)
    {
        await using var small = await Ledger.MakeAsync(run, Few);
        var watch = Stopwatch.StartNew();
        await using var large = await Ledger.MakeAsync(run, rows);
        Run.Note($"ledger of {rows} entries made in {watch.Elapsed.TotalSeconds:0} s");
        var findings = new List<Finding>();
        foreach (var (what, user, read) in Pages)
        {
            var (shorts, longs) = (new List<double>(), new List<double>());
            for (var turn = 0; turn <= Turns && !cancellationToken.IsCancellationRequested; turn++) // the first one warms up
            {
                shorts.Add(await TimeAsync(() => read(small, user)));
                longs.Add(await TimeAsync(() => read(large, user)));
            }

            var (few, many) = (Run.Median(shorts.Skip(1)), Run.Median(longs.Skip(1)));
            findings.Add(new($"{what}, {(user == LedgerRows.Hot ? "hot" : "ordinary")} user, {rows} entries", Text(many), $"{Few} entries: {Text(few)}",
                Run.Median(longs.Skip(1).Zip(shorts.Skip(1), (l, s) => l / s)), AtMost: Aim));
        }

        return findings;
    }

    /// <summary>Microseconds for one read.</summary>
    private static async Task<double> TimeAsync(Func<Task> read)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < Reads; i++) await read();
        return Stopwatch.GetElapsedTime(started).TotalMicroseconds / Reads;
    }

    private static string Text(double microseconds) => string.Create(CultureInfo.InvariantCulture, $"{microseconds:0} µs");

    /// <summary>A database with so many entries, read as the Host reads it.</summary>
    private sealed record Ledger(NpgsqlDataSource Database, int Rows, PurchasePosition Middle) : IAsyncDisposable
    {
        private readonly ServiceProvider options = new ServiceCollection().AddOptions<CreditsOptions>().Services.BuildServiceProvider();
        private readonly IDbContextFactory<CreditsContext> contexts = new ServiceCollection().AddSingleton(Database).AddContext<CreditsContext>()
            .BuildServiceProvider().GetRequiredService<IDbContextFactory<CreditsContext>>();

        public static async Task<Ledger> MakeAsync(Run run, int rows)
        {
            var connectionString = await run.NewDatabaseAsync();
            await LedgerRows.FillAsync(connectionString, rows);
            var database = NpgsqlDataSource.Create(new DatabaseOptions { ConnectionString = connectionString }.Application(TimeSpan.FromMinutes(5)));
            await using var connection = await database.OpenConnectionAsync();
            return new Ledger(database, rows, await connection.QuerySingleAsync<PurchasePosition>("""
                SELECT created_at AS CreatedAt, id FROM credit_purchases WHERE user_id = @Hot ORDER BY created_at DESC, id DESC OFFSET @Half LIMIT 1
                """, new { LedgerRows.Hot, Half = rows / 100 }));
        }

        public async Task TransactionsAsync(string user, long? before) => Some((await new ReadTransactionsHandler(Database)
            .Handle(new ReadTransactions(user, Limit, Offset: 0, before), CancellationToken.None)).Transactions.Count);

        public async Task HistoryAsync(string user, PurchasePosition? after) => Some((await new ReadHistoryHandler(contexts)
            .Handle(new ReadHistory(user, Limit, Offset: 0, after), CancellationToken.None)).Purchases.Count);

        public async Task BalanceAsync(string user) => Some((await new ReadBalanceHandler(Database, options.GetRequiredService<IOptionsMonitor<CreditsOptions>>())
            .Handle(new ReadBalance(user), CancellationToken.None)).Balance);

        public async ValueTask DisposeAsync()
        {
            await Database.DisposeAsync();
            await options.DisposeAsync();
        }

        private static void Some(long found)
        {
            if (found == 0) throw new InvalidOperationException("There was nothing to read.");
        }
    }
}
