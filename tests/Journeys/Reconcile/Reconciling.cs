using BillingMonolith.Journeys.Intake;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Reconcile;

/// <summary>The command, as an operator types it, and what it left behind.</summary>
internal static class Reconciling
{
    public static ShopUser Otto { get; } = Journey.Shopper(DemoUsers.Operator);
    public static ShopUser Anna { get; } = Journey.Shopper(DemoUsers.Admin);
    public static ShopUser Tom { get; } = Journey.Shopper(DemoUsers.Twin1);

    public static Task<(int Code, string Text)> ReconcileAsync(this Journey journey, params string[] options) =>
        StartTests.RunAsync(new(journey.World.Settings), ["reconcile", .. options]);

    /// <summary>Launches it and does not wait.</summary>
    public static HostProcess LaunchReconcile(this Journey journey, params string[] options) => HostProcess.Launch(journey.World.Settings, ["reconcile", .. options]);

    /// <summary>The findings of the latest run: kind, subject and state.</summary>
    public static Task<List<string>> FindingsAsync(this Journey journey) => journey.RowsAsync<string>("""
        SELECT concat_ws(' ', system, kind, subject, state) FROM reconcile_findings WHERE run_id = (SELECT max(id) FROM reconcile_runs) ORDER BY concat_ws(' ', system, kind, subject, state) COLLATE "C"
        """);

    /// <summary>Everything that a run without --apply must leave as it is.</summary>
    public static async Task<string> StateAsync(this Journey journey)
    {
        var lago = journey.World.Lago.Customers.OrderBy(c => c.ExternalId, StringComparer.Ordinal).SelectMany(c => journey.World.Lago.Subscriptions(c.ExternalId)
            .Select(s => $"{s.ExternalCustomerId} {s.ExternalId} {s.PlanCode} {s.NextPlanCode} {s.Status}"));
        var keycloak = journey.World.Keycloak.Users.OrderBy(u => u.Id, StringComparer.Ordinal)
            .Select(u => $"{u.Id} {string.Join("; ", u.Attributes.Select(a => $"{a.Key}={string.Join(',', a.Value)}"))}");
        var rows = await journey.RowsAsync<string>("SELECT b::text FROM billing_subscriptions b UNION ALL SELECT i::text FROM identity_subscriptions i ORDER BY 1");
        return string.Join('\n', [.. lago, .. keycloak, .. rows]);
    }
}
