using System.CommandLine;
using BillingMonolith.Host.Database;
using BillingMonolith.Host.Health;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Startup;
using BillingMonolith.Identity;
using BillingMonolith.Inbox;
using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Npgsql;
using Spectre.Console;

namespace BillingMonolith.Host.Commands;

/// <summary>The command line: the server itself, and the operator's commands.</summary>
internal static class Commands
{
    /// <summary>sysexits.h EX_CONFIG.</summary>
    private const int ConfigurationError = 78;

    public static async Task<int> ServeAsync(string[] args, CancellationToken cancellationToken)
    {
        // A typing error ("migrat") must not start a server.
        if (NoSetting(args) is { } stray)
        {
            await Console.Error.WriteLineAsync($"'{stray}' is neither a command nor a setting (--Section:Key value). See --help.");
            return 1;
        }

        return await WithAsync(args, async app =>
        {
            var database = app.Services.GetRequiredService<IOptions<DatabaseOptions>>().Value;
            if (database.Migrate) await Schema.MigrateAsync(database.Owner, cancellationToken);
            await app.RunAsync();
            return 0;
        });
    }

    public static Command Migrate()
    {
        var command = new Command("migrate", "Brings the database schema to this version.");
        command.SetAction((_, cancellationToken) => WithAsync([], async app =>
        {
            var applied = await Schema.MigrateAsync(app.Services.GetRequiredService<IOptions<DatabaseOptions>>().Value.Owner, cancellationToken);
            AnsiConsole.WriteLine(applied.Count == 0 ? "The schema is up to date." : $"Applied: {string.Join(", ", applied)}");
            return 0;
        }));
        return command;
    }

    public static Command Health()
    {
        var address = new Argument<string>("address") { DefaultValueFactory = _ => "http://127.0.0.1:8080", Description = "Where the host listens." };
        var command = new Command("health", "Asks a running host whether it lives; exit code 0 = yes.") { address };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var clients = new ServiceCollection();
            clients.AddClient(HealthRoutes.HttpClientName, TimeSpan.FromSeconds(3));
            await using var services = clients.BuildServiceProvider();
            return await HealthRoutes.AskAsync(services.GetRequiredService<IHttpClientFactory>(), parsed.GetValue(address)!, cancellationToken);
        });
        return command;
    }

    public static Command Inbox() => new("inbox", "Events that wait for a person.") { Parked(), Replay() };

    public static Command Link()
    {
        var customer = new Argument<string>("customer") { Description = "The Stripe customer, cus_…, or the session of a guest, cs_…" };
        var user = new Argument<string>("user") { Description = "The Keycloak user id." };
        var command = new Command("link", "Says whose an unlinked payment is; what waited for that goes on by itself.") { customer, user };
        command.SetAction((parsed, cancellationToken) => WithScopeAsync(async services =>
        {
            var link = new LinkCustomer("command line", parsed.GetValue(customer)!, parsed.GetValue(user)!, Environment.UserName);
            await services.GetRequiredService<IMediator>().Send(link, cancellationToken);
            AnsiConsole.WriteLine("Linked. What waited for it goes on.");
            return 0;
        }));
        return command;
    }

    private static string? NoSetting(string[] args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            var name = args[i].Split('=', 2)[0];
            if (!name.StartsWith("--", StringComparison.Ordinal) || !(name.Contains(':', StringComparison.Ordinal) || name is "--urls")) return args[i];
            if (name == args[i] && ++i == args.Length) return name;
        }

        return null;
    }

    private static Command Parked()
    {
        var command = new Command("parked", "Lists parked steps, newest first.");
        command.SetAction((_, cancellationToken) => WithScopeAsync(async services =>
        {
            if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = 2000; // for grep: no line is wrapped
            var table = new Table().AddColumn("event", c => c.NoWrap()).AddColumns("step", "parked at", "reason");
            foreach (var parked in await services.GetRequiredService<IMediator>().Send(new ReadParkedSteps(Limit: 100, After: null), cancellationToken))
                table.AddRow(Markup.Escape(parked.EventId), parked.Step, $"{parked.ParkedAt:u}", Markup.Escape(parked.Reason));
            AnsiConsole.Write(table);
            return 0;
        }));
        return command;
    }

    private static Command Replay()
    {
        var id = new Argument<string>("event") { Description = "evt_…" };
        var command = new Command("replay", "Opens an event's parked and ignored steps again.") { id };
        command.SetAction((parsed, cancellationToken) => WithScopeAsync(async services =>
        {
            var reopened = await services.GetRequiredService<IMediator>().Send(new ReplayEvent(parsed.GetValue(id)!, Environment.UserName), cancellationToken);
            AnsiConsole.WriteLine(reopened == 0
                ? "Nothing to replay: no such event, or all of its steps are done or open."
                : $"{reopened} step(s) opened again.");
            return reopened == 0 ? 1 : 0;
        }));
        return command;
    }

    // A command's output goes to standard output; its log does not.
    private static readonly string[] LogAside = ["--Logging:Console:LogToStandardErrorThreshold=Trace"];

    /// <param name="act">The command's work.</param>
    /// <param name="serves">False: it needs no webhook secret.</param>
    internal static Task<int> WithScopeAsync(Func<IServiceProvider, Task<int>> act, bool serves = true) => WithAsync(LogAside, async app =>
    {
        await using var scope = app.Services.CreateAsyncScope();
        return await act(scope.ServiceProvider);
    }, serves);

    private static async Task<int> WithAsync(string[] args, Func<WebApplication, Task<int>> act, bool serves = true)
    {
        try
        {
            await using var app = App.Build(App.Configure(args, serves));
            return await act(app);
        }
        catch (SettingsException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return ConfigurationError;
        }
        catch (Exception e) when (e is RefusalException or ValidationException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
        catch (NpgsqlException e)
        {
            await Console.Error.WriteLineAsync($"The database does not work as configured (Database:ConnectionString): {e.Message}");
            return 1;
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            await Console.Error.WriteLineAsync($"{e.Message} Stop what listens there, or set ASPNETCORE_URLS to another address.");
            return 1;
        }
    }
}
