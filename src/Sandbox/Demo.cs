using System.Diagnostics;
using System.Globalization;
using BillingMonolith.Sandbox.Keycloak;
using BillingMonolith.Sandbox.Postgres;
using Dapper;
using Npgsql;
using Spectre.Console;

namespace BillingMonolith.Sandbox;

/// <summary>The main job once through, with its proof: a pack
/// and a subscription are bought, and everything that should follow is looked up where it should be.</summary>
internal static class Demo
{
    private const string Database = "demo";
    private const string Open = """
        SELECT (SELECT count(*) FROM inbox_steps WHERE outcome IS NULL) + (SELECT count(*) FROM outbox WHERE sent_at IS NULL AND parked_at IS NULL)
        """;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 130); // a table that wraps shows nothing
        await using var postgres = await PostgresRuns.StartAsync(settings: null, cancellationToken);
        await postgres.CreateDatabaseAsync(Database);
        await using var world = await World.CreateAsync(postgres.ConnectionString(Database));
        await world.StartHostAsync(cancellationToken: cancellationToken);
        await using var database = new NpgsqlConnection(world.ConnectionString);
        await database.OpenAsync(cancellationToken);

        var ada = DemoUsers.Buyer;
        var buyer = new ShopUser(ada.Id, $"{ada.FirstName} {ada.LastName}", ada.Email!);
        var before = await DemoState.OfAsync(world, database, ada.Id);

        AnsiConsole.MarkupLineInterpolated($"[bold]{buyer.Name}[/] buys the starter pack (10.00 USD) and the professional plan (49.00 USD a month) …");
        var card = new StripeBuyer(buyer.Email, buyer.Name);
        world.Stripe.Pay(world.Stripe.OpenPackSession(buyer, "starter"), card);
        world.Stripe.Pay(world.Stripe.OpenPlanSession(buyer, "professional", "monthly"), card);
        await world.Stripe.WaitForQuietAsync(Patience);
        await UntilDoneAsync(database, cancellationToken);

        var after = await DemoState.OfAsync(world, database, ada.Id);
        await WriteEventsAsync(database);
        return DemoState.Compare(before, after, Expected(world)) ? 0 : 1;
    }

    /// <summary>What must be true afterwards; everything else must be as it was.</summary>
    private static Dictionary<string, string> Expected(World world) => new()
    {
        ["Credits: balance"] = "1060",
        ["Credits: lots"] = "60 of professional, 1000 of starter",
        ["Lago: customer"] = "Ada Lovelace",
        ["Lago: subscription"] = "professional active",
        ["Keycloak: subscription_tier"] = "professional",
        ["Keycloak: subscription_status"] = "active",
        ["Audit log"] = "credit.allocate 2, subscription.created 1, tier.changed 1",
        ["Mail"] = "Your receipt: 1,000 credits",
        ["Steps that failed"] = "0",
        ["Stripe: deliveries not acknowledged"] = "0",
    };

    private static async Task UntilDoneAsync(NpgsqlConnection database, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        while (await database.ExecuteScalarAsync<long>(Open) > 0 && watch.Elapsed < Patience)
            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
    }

    private static async Task WriteEventsAsync(NpgsqlConnection database)
    {
        var rows = await database.QueryAsync<(string Type, string State, string? Step, string? Outcome, double? Milliseconds, string? Reason)>("""
            SELECT e.type, e.state, s.command, coalesce(s.outcome, 'open'), extract(epoch FROM s.completed_at - s.created_at)::float8 * 1000, s.last_error
            FROM inbox_event_states e LEFT JOIN inbox_steps s ON s.event_id = e.id ORDER BY e.received_at, e.id, s.created_at, s.command
            """);
        var table = new Table().Title("Events and what followed").Border(TableBorder.Rounded).AddColumns("event", "state", "step", "outcome");
        table.AddColumn(new TableColumn("ms").RightAligned());
        foreach (var e in rows)
        {
            table.AddRow(e.Type, Coloured(e.State),
                e.Step ?? "", e.Step is null ? "" : Coloured(e.Outcome!) + Markup.Escape(e.Reason is null ? "" : $": {e.Reason}"),
                e.Milliseconds?.ToString("0", CultureInfo.InvariantCulture) ?? "");
        }

        AnsiConsole.Write(table);
    }

    private static string Coloured(string word) => word switch
    {
        "done" => "[green]done[/]",
        "ignored" => "[grey]ignored[/]",
        _ => $"[red]{word}[/]",
    };
}
