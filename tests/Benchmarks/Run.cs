using System.Globalization;
using BillingMonolith.Host.Database;
using BillingMonolith.Sandbox.Postgres;
using Spectre.Console;

namespace BillingMonolith.Benchmarks;

/// <summary>One line of the table.</summary>
/// <param name="What">What was measured.</param>
/// <param name="Measured">The figure, with its unit.</param>
/// <param name="Against">What it is compared with.</param>
/// <param name="Ratio">Measured : compared; null = for information.</param>
/// <param name="AtLeast">The aim, when more is better.</param>
/// <param name="AtMost">The aim, when less is better.</param>
internal sealed record Finding(string What, string Measured, string Against, double? Ratio = null, double? AtLeast = null, double? AtMost = null);

/// <summary>A run: one private PostgreSQL, durable as in production, and what was asked for, one after the other.</summary>
internal sealed class Run(PrivatePostgres postgres) : IAsyncDisposable
{
    private const string Template = "migrated";
    private int databases;

    public static async Task<int> AllAsync(string which, int seconds, int events, int rows, string? against, CancellationToken cancellationToken)
    {
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 150);
        await using var run = new Run(await PostgresRuns.StartAsync(settings: null, cancellationToken));
        await run.MigrateAsync(cancellationToken);
        var findings = new List<Finding>();
        if (which is "all" or "intake") findings.AddRange(await Intake.MeasureAsync(run, seconds, cancellationToken));
        if (which is "all" or "drain") findings.AddRange(await Drain.MeasureAsync(run, events, cancellationToken));
        if (which is "all" or "latency") findings.AddRange(await Latency.MeasureAsync(run, cancellationToken));
        if (which is "all" or "memory") findings.AddRange(await Memory.MeasureAsync(run, events, cancellationToken));
        if (which is "all" or "bearer") findings.AddRange(await Bearer.MeasureAsync());
        if (which is "all" or "credits")
        {
            findings.AddRange(await LedgerPages.MeasureAsync(run, rows, cancellationToken));
            findings.AddRange(await LedgerSpending.MeasureAsync(run, seconds, cancellationToken));
        }

        if (which is "all" or "orders-page") findings.AddRange(await OrdersPage.MeasureAsync(run, against, cancellationToken));
        Write(findings);
        return 0;
    }

    /// <summary>A migrated database of its own; answers its connection string.</summary>
    public async Task<string> NewDatabaseAsync(string template = Template)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"run_{Interlocked.Increment(ref databases)}");
        await postgres.CreateDatabaseAsync(name, template);
        return postgres.ConnectionString(name);
    }

    /// <summary>Processor time that PostgreSQL has used, in seconds.</summary>
    public double PostgresCpu() => Cpu.OfFamily(int.Parse(File.ReadLines(Path.Combine(postgres.DataDirectory, "postmaster.pid")).First(),
        CultureInfo.InvariantCulture));

    public ValueTask DisposeAsync() => postgres.DisposeAsync();

    public static void Note(FormattableString line) => AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, line);

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await postgres.CreateDatabaseAsync(Template);
        await Schema.MigrateAsync(postgres.ConnectionString(Template) + ";Pooling=false", cancellationToken);
    }

    private static void Write(List<Finding> findings)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("", "measured", "against", "ratio", "aim", "");
        foreach (var f in findings)
        {
            var aim = f.AtLeast is { } least ? $"≥ {Number(least)}" : f.AtMost is { } most ? $"≤ {Number(most)}" : "";
            var met = f.Ratio is not { } ratio || aim.Length == 0 ? ""
                : (f.AtLeast is null || ratio >= f.AtLeast) && (f.AtMost is null || ratio <= f.AtMost) ? "[green]met[/]" : "[red]missed[/]";
            table.AddRow(Markup.Escape(f.What), Markup.Escape(f.Measured), Markup.Escape(f.Against), f.Ratio is { } r ? Number(r) : "", aim, met);
        }

        AnsiConsole.Write(table);
    }

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
