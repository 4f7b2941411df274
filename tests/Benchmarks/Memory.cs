using System.Globalization;
using BillingMonolith.Sandbox;
using Npgsql;

namespace BillingMonolith.Benchmarks;

/// <summary>What the host keeps resident after ten times the events: taken in and worked off at full speed.</summary>
internal static class Memory
{
    private const int Portion = 10_000;

    public static async Task<IReadOnlyList<Finding>> MeasureAsync(Run run, int events, CancellationToken cancellationToken)
    {
        await using var world = await World.CreateAsync(await run.NewDatabaseAsync(), extra: Load.WithoutMail);
        await using var database = new NpgsqlConnection(world.ConnectionString);
        await database.OpenAsync(cancellationToken);
        var load = new Load(EventTemplate.Of(world.Stripe), world.WebhookSecret);
        var host = await world.StartHostAsync(cancellationToken: cancellationToken);

        var (few, many) = (events / 2, events * 5);
        var first = await AfterAsync(few);
        var last = await AfterAsync(many - few);
        return [new($"Resident memory after {many} events", Text(last), $"after {few}: {Text(first)}", last / first, AtMost: 1.2)];

        async Task<double> AfterAsync(int count)
        {
            for (var left = count; left > 0; left -= Portion)
            {
                load.Prepare(Math.Min(left, Portion));
                await load.SendAsync(host.Url, TimeSpan.FromMinutes(2));
            }

            await Backlog.WhenDoneAsync(database);
            var megabytes = Resident(host.Id);
            Run.Note($"memory after {count} more events: {megabytes:0} MB");
            return megabytes;
        }
    }

    /// <summary>Megabytes that a process keeps in memory.</summary>
    internal static double Resident(int process)
    {
        var status = File.ReadAllLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/status"));
        var line = status.Single(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024;
    }

    private static string Text(double megabytes) => string.Create(CultureInfo.InvariantCulture, $"{megabytes:0} MB");
}
