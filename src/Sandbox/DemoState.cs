using System.Globalization;
using Dapper;
using Npgsql;
using Spectre.Console;

namespace BillingMonolith.Sandbox;

/// <summary>How a user stands in every system, in words that can be compared.</summary>
internal static class DemoState
{
    public static async Task<IReadOnlyDictionary<string, string>> OfAsync(World world, NpgsqlConnection database, string userId)
    {
        var state = new Dictionary<string, string>
        {
            ["Credits: balance"] = (await database.ExecuteScalarAsync<long?>(
                "SELECT balance FROM credit_accounts WHERE user_id = @userId", new { userId }) ?? 0)
                .ToString(CultureInfo.InvariantCulture),
            ["Credits: lots"] = await database.ExecuteScalarAsync<string?>("""
                SELECT string_agg(l.remaining || ' of ' || coalesce(p.package_code, a.metadata->>'tier'), ', ' ORDER BY l.priority)
                FROM credit_lots l
                LEFT JOIN credit_purchases p ON l.source = 'session:' || p.stripe_checkout_session_id
                LEFT JOIN audit_logs a ON l.source = 'invoice:' || a.resource_id WHERE l.user_id = @userId
                """, new { userId }) ?? "none",
            ["Lago: customer"] = world.Lago.Customers.SingleOrDefault(c => c.ExternalId == userId)?.Name ?? "none",
            ["Lago: subscription"] = world.Lago.Subscriptions(userId) is [var subscription] ? $"{subscription.PlanCode} {subscription.Status}" : "none",
        };
        var user = world.Keycloak.Users.Single(u => u.Id == userId);
        foreach (var name in user.Attributes.Keys.Union(["subscription_tier", "subscription_status"]).Order(StringComparer.Ordinal))
            state[$"Keycloak: {name}"] = user.Attributes.TryGetValue(name, out var values) ? string.Join(", ", values) : "none";
        state["Keycloak: e-mail, name"] = $"{user.Email}, {user.FirstName} {user.LastName}";
        state["Audit log"] = await database.ExecuteScalarAsync<string?>(
            "SELECT string_agg(action || ' ' || n, ', ' ORDER BY action) FROM (SELECT action, count(*) AS n FROM audit_logs GROUP BY action) a") ?? "empty";
        state["Mail"] = world.Mail.Messages.Count == 0 ? "none" : string.Join(", ", world.Mail.Messages.Select(m => m.Subject));
        state["Steps that failed"] = (await database.ExecuteScalarAsync<long>("SELECT count(*) FROM inbox_steps WHERE outcome IS NULL OR outcome = 'parked'"))
            .ToString(CultureInfo.InvariantCulture);
        state["Stripe: deliveries not acknowledged"] = world.Stripe.Deliveries.Count(d => !d.Taken).ToString(CultureInfo.InvariantCulture);
        return state;
    }

    /// <summary>Prints both and answers whether all that was expected is so, and all else is as before (but for ids and dates).</summary>
    public static bool Compare(
        IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after, IReadOnlyDictionary<string, string> expected)
    {
        var table = new Table().Title("Before and after").Border(TableBorder.Rounded).AddColumns("", "before", "after", "");
        var right = true;
        foreach (var (what, now) in after)
        {
            var was = before.GetValueOrDefault(what, "none");
            var ok = expected.TryGetValue(what, out var wanted) ? now == wanted : was == now || IsReference(what);
            right &= ok;
            table.AddRow(Markup.Escape(what), Markup.Escape(was), Markup.Escape(now),
                ok ? "[green]as expected[/]" : $"[red]expected {Markup.Escape(wanted ?? was)}[/]");
        }

        AnsiConsole.Write(table);
        AnsiConsole.MarkupLine(right ? "[green]All as expected.[/]" : "[red]Not as expected.[/]");
        return right;
    }

    private static bool IsReference(string what) => what.EndsWith("_id", StringComparison.Ordinal) || what.EndsWith("_date", StringComparison.Ordinal);
}
