using BillingMonolith.Sandbox.Postgres;
using BillingMonolith.Sandbox.Webhooks;
using Spectre.Console;

namespace BillingMonolith.Sandbox;

/// <summary>Everything up, for a person with a browser, until Ctrl+C. Its database stays for the next time.</summary>
internal static class Playground
{
    private const int FirstPort = 5080;
    private const string Database = "billing";

    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        await using var postgres = await PrivatePostgres.StartAsync(PrivatePostgres.SandboxFolder, settings: null, cancellationToken);
        // The stand-ins remember nothing from run to run, so neither does the database.
        await postgres.DropDatabaseAsync(Database);
        await postgres.CreateDatabaseAsync(Database);
        await using var world = await World.CreateAsync(postgres.ConnectionString(Database), Ports.From(FirstPort));
        await world.StartHostAsync(cancellationToken: cancellationToken);
        await Subscriber.AddAsync(world, cancellationToken);
        await SetUpAsync(world, cancellationToken);

        AnsiConsole.Write(new Table().Title("BillingMonolith sandbox").Border(TableBorder.Rounded).HideHeaders().AddColumns("what", "where")
            .AddRow("Buy something", $"{world.Stripe.Url}/shop")
            .AddRow("Stripe: sessions, events, clock, faults", world.Stripe.Url)
            .AddRow("Keycloak: who is signed in, users, keys", world.Keycloak.Url)
            .AddRow("Your account: sign in as buyer, password buyer", world.HostUrl)
            .AddRow("The API", $"{world.HostUrl}/docs")
            .AddRow("The host's health", $"{world.HostUrl}/health/ready")
            .AddRow("The mail that was sent", world.Mail.Url)
            .AddRow("The webhooks that were sent", world.Receiver.Url)
            .AddRow("What Lago received", $"{world.Lago.Url}/_journal")
            .AddRow("What Keycloak received", $"{world.Keycloak.Url}/_journal")
            .AddRow("What Stripe's API received", $"{world.Stripe.Url}/_journal")
            .AddRow("The database (audit_logs, inbox_steps …)", Markup.Escape($"psql \"{Url(postgres)}\"")));
        AnsiConsole.MarkupLine("Press [bold]Ctrl+C[/] to stop.");

        var stopped = new TaskCompletionSource();
        await using (cancellationToken.Register(stopped.SetResult)) await Task.WhenAny(stopped.Task, world.Host.WaitForExitAsync(CancellationToken.None));
        if (cancellationToken.IsCancellationRequested) return 0;
        foreach (var line in world.Host.Log.TakeLast(20)) await Console.Error.WriteLineAsync(line);
        await Console.Error.WriteLineAsync("The host has ended. Its last words are above.");
        return 1;
    }

    // As an operator would: what has no price at Stripe cannot be subscribed to.
    private static async Task SetUpAsync(World world, CancellationToken cancellationToken)
    {
        await using var setUp = HostProcess.Launch(world.Settings, ["setup", "stripe"]);
        if (await setUp.WaitForExitAsync(cancellationToken) == 0) return;
        foreach (var line in setUp.Log) await Console.Error.WriteLineAsync(line);
    }

    private static string Url(PrivatePostgres postgres)
    {
        var parts = new Npgsql.NpgsqlConnectionStringBuilder(postgres.ConnectionString(Database));
        return $"postgres://{parts.Username}:{parts.Password}@{parts.Host}:{parts.Port}/{Database}";
    }
}
