using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using BillingMonolith.Host.Reconcile;
using BillingMonolith.SharedKernel;
using Npgsql;
using Spectre.Console;

namespace BillingMonolith.Host.Commands;

/// <summary>The command <c>reconcile</c>: stores missed events, shows drift, and repairs it on request.</summary>
internal static class ReconcileCommand
{
    private const int Clean = 0;
    private const int Failure = 1;
    private const int Drift = 2;
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    public static Command Command()
    {
        var since = new Option<string>("--since")
        {
            DefaultValueFactory = _ => "7d", Description = "How far back Stripe's events are looked through: 7d, 36h; at most 30d.",
        };
        var apply = new Option<bool>("--apply") { Description = "Repairs the drift. Without it missed events are taken in, and drift is only shown." };
        var force = new Option<bool>("--force") { Description = "Repairs also when more than Reconcile__MaxShare of all would change." };
        var json = new Option<bool>("--json") { Description = "For programs." };
        var command = new Command("reconcile",
            "Takes in Stripe's events that were missed and compares Stripe, our database, Lago and Keycloak. "
            + "Exit code 0 = nothing is left to do, 2 = drift is left, 1 = it failed.")
        {
            since, apply, force, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            // As in setup: the parser accepts unknown options, and "--aply" must not start a run of another kind.
            if (parsed.UnmatchedTokens is [var stray, ..]) return await RefuseAsync($"'{stray}' is no option of this command. See --help.");
            if (Span(parsed.GetValue(since)!) is not { } reach) return await RefuseAsync("--since is a number with d or h, such as 7d or 36h, at most 30d.");
            var request = new ReconcileRequest(reach, parsed.GetValue(apply), parsed.GetValue(force), $"command line ({Environment.UserName})");
            return await Commands.WithScopeAsync(services => RunAsync(services, request, parsed.GetValue(json), cancellationToken));
        });
        return command;
    }

    /// <summary>7d, 36h; null for other text, or when it is longer than Stripe keeps events.</summary>
    internal static TimeSpan? Span(string text)
    {
        if (text.Length < 2 || !double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return null;
        var days = text[^1] switch { 'd' => number, 'h' => number / 24, _ => 0 };
        return days is > 0 and <= ReconcileOptions.MostDays ? TimeSpan.FromDays(days) : null;
    }

    private static async Task<int> RunAsync(IServiceProvider services, ReconcileRequest request, bool json, CancellationToken cancellationToken)
    {
        var reconciler = services.GetRequiredService<Reconciler>();
        try
        {
            var report = json ? await reconciler.RunAsync(request, watch: null, cancellationToken) : await WatchedAsync(reconciler, request, cancellationToken);
            if (json) await Console.Out.WriteLineAsync(JsonSerializer.Serialize(new { report.Run, report.Findings }, Json));
            else Print(report);
            return report.IsClean ? Clean : Drift;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return await RefuseAsync("Stopped. What was done until then stands; the same command goes on from there.");
        }
        catch (Exception e) when (e is not (NpgsqlException or RefusalException)) // the frame reports those
        {
            return await RefuseAsync($"{e.Message} What was done until then stands; run it again when this is mended.");
        }
    }

    private static Task<ReconcileReport> WatchedAsync(Reconciler reconciler, ReconcileRequest request, CancellationToken cancellationToken)
    {
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = 2000; // for grep: no line is wrapped
        return AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new SpinnerColumn(), new ElapsedTimeColumn())
            .StartAsync(progress => reconciler.RunAsync(request, new Bar(progress), cancellationToken));
    }

    private static void Print(ReconcileReport report)
    {
        if (report.Findings.Count > 0)
        {
            var table = new Table().AddColumn("subject", c => c.NoWrap()).AddColumns("where", "kind", "has", "should have", "cause", "remedy", "state");
            foreach (var f in report.Findings)
            {
                table.AddRow(Markup.Escape(f.Subject), f.System, f.Kind, Markup.Escape(f.Have), Markup.Escape(f.Want), Markup.Escape(f.Cause),
                    Markup.Escape(f.Remedy), Markup.Escape(f.Note is null ? f.State : $"{f.State}: {f.Note}"));
            }

            AnsiConsole.Write(table);
        }

        var run = report.Run;
        AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Run {run.Id} is {run.State}: {run.Events} events at Stripe, {run.Missing} were missing and have been taken in; "
            + $"{run.Compared} subscriptions and users compared, "
            + $"{report.Findings.Count} differences, {report.Findings.Count(f => f.State == Finding.Repaired)} repaired."));
        if (run.InProgress > 0)
            AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{run.InProgress} more are being worked on right now: run it again when the inbox is done."));
        if (run.Message is not null) AnsiConsole.WriteLine(run.Message);
    }

    private static async Task<int> RefuseAsync(string why)
    {
        await Console.Error.WriteLineAsync(why);
        return Failure;
    }

    /// <summary>A bar per phase. The total is unknown before its end, because Stripe's lists do not give it.</summary>
    private sealed class Bar(ProgressContext progress) : IProgress<ReconcileProgress>
    {
        private ProgressTask? task;
        private string? phase;

        public void Report(ReconcileProgress value)
        {
            if (phase != value.Phase)
            {
                task?.StopTask();
                (phase, task) = (value.Phase, progress.AddTask(value.Phase));
                task.IsIndeterminate = true;
            }

            task!.Description = string.Create(CultureInfo.InvariantCulture, $"{Words(value.Phase)}: {value.Done}");
        }

        private static string Words(string phase) => phase switch
        {
            "events" => "Stripe's events", "stripe" => "Stripe's subscriptions", "rows" or "tiers" => "Our subscriptions", "users" => "Users", _ => "Repairs",
        };
    }
}
