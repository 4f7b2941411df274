using System.Globalization;
using BillingMonolith.Sandbox;
using Dapper;
using Npgsql;

namespace BillingMonolith.Benchmarks;

/// <summary>A backlog of paid credit packs of 2,000 customers, worked off by one host that claims in batches, and by the same host that claims one by one.</summary>
internal static class Drain
{
    private const int Rounds = 3;
    private const int WarmUp = 500;

    public static async Task<IReadOnlyList<Finding>> MeasureAsync(Run run, int events, CancellationToken cancellationToken)
    {
        var (sets, singles) = (new List<double>(), new List<double>());
        for (var round = 1; round <= Rounds; round++)
        {
            sets.Add(await OnceAsync(run, events, [], cancellationToken));
            singles.Add(await OnceAsync(run, events, new() { ["Inbox__Batch"] = "1" }, cancellationToken));
            Run.Note($"drain {round}/{Rounds}: {sets[^1]:0} events/s, one by one {singles[^1]:0} events/s");
        }

        return [new("Drain", Text(sets), $"one by one: {Text(singles)}", Run.Median(sets.Zip(singles, (s, o) => s / o)), AtLeast: 4)];
    }

    private static async Task<double> OnceAsync(Run run, int events, Dictionary<string, string?> settings, CancellationToken cancellationToken)
    {
        var connectionString = await run.NewDatabaseAsync();
        await using var world = await World.CreateAsync(connectionString);
        await using var database = new NpgsqlConnection(connectionString);
        await database.OpenAsync(cancellationToken);
        await Backlog.StoreAsync(database, EventTemplate.Of(world.Stripe), WarmUp + events);
        await database.ExecuteAsync("VACUUM ANALYZE", commandTimeout: 120);
        await world.StartHostAsync(settings, cancellationToken);
        await Backlog.DrainAsync(database, WarmUp);
        var seconds = await Backlog.DrainAsync(database, events);
        var granted = await database.ExecuteScalarAsync<long>("SELECT count(*) FROM credit_entries");
        return granted == WarmUp + events ? events / seconds : throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{granted} of {WarmUp + events} were granted."));
    }

    private static string Text(List<double> rates) => string.Create(CultureInfo.InvariantCulture, $"{Run.Median(rates):0} events/s");
}
