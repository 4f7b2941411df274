using System.Globalization;
using BillingMonolith.Sandbox;
using Npgsql;

namespace BillingMonolith.Benchmarks;

/// <summary>
/// Durable intake of unique signed events, against an INSERT per request and against storing nothing. All contenders are up; they take turns.
/// </summary>
internal static class Intake
{
    private const int Rounds = 5;
    private const int MostPerSecond = 20_000;

    public static async Task<IReadOnlyList<Finding>> MeasureAsync(Run run, int seconds, CancellationToken cancellationToken)
    {
        var (connection, working) = (await run.NewDatabaseAsync(), await run.NewDatabaseAsync());
        await using var world = await World.CreateAsync(connection, extra: Load.WithoutMail);
        var template = EventTemplate.Of(world.Stripe);
        Run.Note($"intake: events of {template.Length} bytes, 64 connections");
        var load = new Load(template, world.WebhookSecret);
        await using var insert = await Baseline.StartAsync("insert", await run.NewDatabaseAsync(), world.WebhookSecret, cancellationToken);
        await using var sink = await Baseline.StartAsync("sink", connection, world.WebhookSecret, cancellationToken);
        var host = await world.StartHostAsync(
            new Dictionary<string, string?> { ["Inbox__LocalWorkers"] = "0", ["Inbox__RemoteEvents"] = "0" }, cancellationToken);
        var busy = await world.StartHostAsync(new Dictionary<string, string?> { ["DATABASE_URL"] = working }, cancellationToken);
        await using var database = new NpgsqlConnection(working);
        await database.OpenAsync(cancellationToken);

        (string Name, HostProcess Process, List<Turn> Turns)[] contenders =
            [("host", host, []), ("insert", insert, []), ("sink", sink, []), ("host with workers", busy, [])];
        for (var round = 0; round <= Rounds; round++)
        {
            foreach (var (name, process, turns) in contenders)
            {
                load.Prepare(MostPerSecond * seconds * (round == 0 ? 2 : 1));
                var (ours, theirs) = (Cpu.OfProcess(process.Id), run.PostgresCpu());
                var turn = await load.SendAsync(process.Url, TimeSpan.FromSeconds(round == 0 ? 2 * seconds : seconds), again: process == sink);
                (ours, theirs) = (Cpu.OfProcess(process.Id) - ours, run.PostgresCpu() - theirs);
                if (process == busy) await Backlog.WhenDoneAsync(database);
                if (round == 0) continue; // to warm up
                turns.Add(turn with { Cost = (ours + theirs) / turn.Answers * 1e6 });
                Run.Note(
                    $"intake {round}/{Rounds} {name}: {Text([turn])}, CPU {ours / turn.Answers * 1e6:0} + {theirs / turn.Answers * 1e6:0} µs an event");
            }
        }

        return [.. Compare(contenders[0].Turns, contenders[1].Turns, contenders[2].Turns), new("Intake while working", Text(contenders[3].Turns), "")];
    }

    private static IEnumerable<Finding> Compare(List<Turn> host, List<Turn> insert, List<Turn> sink) =>
    [
        new("Intake", Text(host), $"an INSERT per request: {Text(insert)}", Ratio(host, insert), AtLeast: 4),
        new("Intake, processor time", Costs(host), $"an INSERT per request: {Costs(insert)}", Run.Median(host.Zip(insert, (h, i) => i.Cost / h.Cost))),
        new("Intake", Text(host), $"nothing stored: {Text(sink)}", Ratio(host, sink), AtLeast: 0.45),
    ];

    // Of turns that followed one another: the machine's moods pass over both.
    private static double Ratio(List<Turn> ours, List<Turn> theirs) => Run.Median(ours.Zip(theirs, (o, t) => o.PerSecond / t.PerSecond));

    private static string Costs(List<Turn> turns) => string.Create(CultureInfo.InvariantCulture, $"{Run.Median(turns.Select(t => t.Cost)):0} µs an event");

    private static string Text(List<Turn> turns) => string.Create(CultureInfo.InvariantCulture,
        $"{Run.Median(turns.Select(t => t.PerSecond)):0} events/s, p50 {Run.Median(turns.Select(t => t.P50Milliseconds)):0.0} ms, "
        + $"p99 {Run.Median(turns.Select(t => t.P99Milliseconds)):0.0} ms");
}
