using System.CommandLine;
using System.Globalization;
using BillingMonolith.Credits;
using MediatR;
using Spectre.Console;

namespace BillingMonolith.Host.Commands;

/// <summary>The command <c>credits verify</c>: checks that the ledger agrees with its entries.</summary>
internal static class CreditsCommand
{
    public static Command Command()
    {
        var command = new Command("verify",
            "Reckons every balance, lot and running balance afresh and names the first row that is not as it should be; exit code 0 = all are.");
        command.SetAction((_, cancellationToken) => Commands.WithScopeAsync(services => VerifyAsync(services, cancellationToken)));
        return new Command("credits", "The ledger of credits.") { command };
    }

    private static async Task<int> VerifyAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = 2000; // for grep: no line is wrapped
        var report = await AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async progress =>
            {
                var task = progress.AddTask("Reckoning");
                return await services.GetRequiredService<IMediator>().Send(new VerifyLedger(new Bar(task)), cancellationToken);
            });
        var seen = string.Create(CultureInfo.InvariantCulture, $"{report.Users} users, {report.Lots} lots, {report.Entries} entries");
        if (report.FirstBad is not { } bad)
        {
            AnsiConsole.WriteLine($"The ledger is sound: {seen}.");
            return 0;
        }

        await Console.Error.WriteLineAsync($"The ledger is not sound ({seen}). First bad row: {bad.Table} {bad.Id} of user {bad.UserId}: {bad.What}, "
            + $"expected {Text(bad.Expected)}, found {Text(bad.Found)}. Nothing was changed. Find out who wrote to the database past the ledger's "
            + "functions before anything is mended.");
        return 1;
    }

    private static string Text(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "no row";

    private sealed class Bar(ProgressTask task) : IProgress<LedgerProgress>
    {
        public void Report(LedgerProgress value)
        {
            (task.MaxValue, task.Value) = (Math.Max(value.All, 1), value.Done);
            task.Description = string.Create(CultureInfo.InvariantCulture, $"Reckoning {value.Done} of {value.All}");
        }
    }
}
