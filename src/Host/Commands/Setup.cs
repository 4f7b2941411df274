using System.CommandLine;
using Spectre.Console;

namespace BillingMonolith.Host.Commands;

/// <summary>The command <c>setup</c>: sets up the neighbours for this service. Each part reads first, so a repeat changes nothing.</summary>
internal static class Setup
{
    private delegate Task Part(IServiceProvider services, SetupRun run, CancellationToken cancellationToken);

    private static readonly (string Name, string Does, Part Run)[] Parts =
    [
        ("stripe", "Makes Stripe's products and prices what the catalogues say, and registers the webhook endpoint.", SetupStripe.RunAsync),
        ("lago", "Creates the plans in Lago that the catalogue of tiers names and Lago lacks.", SetupLago.RunAsync),
        ("keycloak", "Declares the attributes, the claim and the roles in the realm.", SetupKeycloak.RunAsync),
    ];

    public static Command Command()
    {
        var setup = new Command("setup", "Prepares the neighbours for what is sold here.");
        foreach (var (name, does, run) in Parts) setup.Add(Command(name, does, run));
        setup.Add(Command("all", "All of these, one after the other.", [.. Parts.Select(p => p.Run)]));
        return setup;
    }

    private static Command Command(string name, string does, params Part[] parts)
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Only says what would change." };
        var live = new Option<bool>("--live") { Description = "Also with a live key: buyers see what changes." };
        var command = new Command(name, $"{does} Repeat it as often as you like.") { dryRun };
        if (parts.Contains(SetupStripe.RunAsync)) command.Add(live);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            // The server takes settings from the command line, so the parser accepts unknown options; "--dryrun" must not be a run.
            if (parsed.UnmatchedTokens is not [var stray, ..])
                return await Commands.WithScopeAsync(s => RunAsync(s, parts, parsed.GetValue(dryRun), parsed.GetValue(live), cancellationToken), serves: false);
            await Console.Error.WriteLineAsync($"'{stray}' is no option of this command. See --help.");
            return 1;
        });
        return command;
    }

    private static async Task<int> RunAsync(IServiceProvider services, Part[] parts, bool dryRun, bool live, CancellationToken cancellationToken)
    {
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = 2000; // for grep: no line is wrapped
        var run = new SetupRun(dryRun, live);
        await AnsiConsole.Progress().StartAsync(async progress =>
        {
            run.Bar = progress.AddTask(dryRun ? "Looking" : "Setting up", maxValue: parts.Length);
            foreach (var part in parts)
            {
                await part(services, run, cancellationToken);
                run.Bar.Increment(1);
            }
        });
        return await run.EndAsync();
    }
}

/// <summary>One run of the set-up: its mode, its progress, and the result for each item.</summary>
internal sealed class SetupRun(bool dryRun, bool live) : IProgress<(int Done, int All)>
{
    public const string Unchanged = "unchanged";

    private readonly Table table = new Table().AddColumns("what", "as it should be", "there it is", "what happened");
    private readonly List<string> said = [];
    private readonly List<string> failed = [];
    private bool isOpen;

    public bool DryRun => dryRun;
    public bool Live => live;
    public ProgressTask Bar { get; set; } = null!;

    /// <summary>Adds so many items to the total.</summary>
    public void Expect(int things) => Bar.MaxValue += things;

    /// <summary>Counts one finished item.</summary>
    public void Report((int Done, int All) value)
    {
        if (value.Done == 1) Expect(value.All);
        Bar.Increment(1);
    }

    /// <summary>An item that is now as required, or in a dry run would be.</summary>
    public void Done(string what, string should, string there, string happened) =>
        table.AddRow(Markup.Escape(what), Markup.Escape(should), Markup.Escape(there),
            Markup.Escape(dryRun && happened != Unchanged ? $"would be {happened}" : happened));

    /// <summary>An item that a person must solve; the run ends with 1.</summary>
    public void Open(string what, string should, string there, string why)
    {
        isOpen = true;
        table.AddRow(Markup.Escape(what), Markup.Escape(should), Markup.Escape(there), Markup.Escape(why));
    }

    /// <summary>A note below the table.</summary>
    public void Say(string sentence) => said.Add(sentence);

    /// <summary>The error that ended a part of the run early; the run ends with 1.</summary>
    public void Fail(string sentence) => failed.Add(sentence);

    /// <summary>Writes the results; returns the exit code.</summary>
    public async Task<int> EndAsync()
    {
        if (table.Rows.Count > 0) AnsiConsole.Write(table);
        foreach (var sentence in said) AnsiConsole.WriteLine(sentence);
        if (dryRun) AnsiConsole.WriteLine("Nothing was changed: this was a dry run.");
        foreach (var sentence in failed) await Console.Error.WriteLineAsync(sentence);
        return isOpen || failed.Count > 0 ? 1 : 0;
    }
}
