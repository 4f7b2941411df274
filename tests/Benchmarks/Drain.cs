using System.Globalization;
using BillingMonolith.Sandbox;
using Dapper;
using Npgsql;

namespace BillingMonolith.Benchmarks;

/// <summary>A backlog of paid credit packs of 2,000 customers, worked off by a host that claims in batches, and by one that claims one by one.</summary>
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
            // A tenth of the backlog: it takes as long.
            singles.Add(await OnceAsync(run, events / 10, new() { ["Inbox__Batch"] = "1" }, cancellationToken));
        }

        return [new("Drain", Text(sets), $"one by one: {Text(singles)}", Run.Median(sets.Zip(singles, (s, o) => s / o)), AtLeast: 4)];
    }

    private static async Task<double> OnceAsync(Run run, int events, Dictionary<string, string?> settings, CancellationToken cancellationToken)
    {
        var connectionString = await run.NewDatabaseAsync();
        await using var world = await World.CreateAsync(connectionString, extra: Load.WithoutMail);
        await using var database = new NpgsqlConnection(connectionString);
        await database.OpenAsync(cancellationToken);
        await Backlog.StoreAsync(database, EventTemplate.Of(world.Stripe), WarmUp + events);
        await database.ExecuteAsync("VACUUM ANALYZE", commandTimeout: 120);
        var host = await world.StartHostAsync(settings, cancellationToken);
        await Backlog.DrainAsync(database, WarmUp);
        var (ours, theirs) = (Cpu.OfProcess(host.Id), run.PostgresCpu());
        var seconds = await Backlog.DrainAsync(database, events);
        (ours, theirs) = (Cpu.OfProcess(host.Id) - ours, run.PostgresCpu() - theirs);
        Run.Note($"drain: {events / seconds:0} events/s, CPU {ours / events * 1e6:0} + {theirs / events * 1e6:0} µs an event");
        var granted = await database.ExecuteScalarAsync<long>("SELECT count(*) FROM credit_entries");
        if (granted == WarmUp + events) return events / seconds;
        throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{granted} of {WarmUp + events} were granted."));
    }

    private static string Text(List<double> rates) => string.Create(CultureInfo.InvariantCulture, $"{Run.Median(rates):0} events/s");
}
