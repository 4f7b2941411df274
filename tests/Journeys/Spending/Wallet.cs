using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Spending;

/// <summary>What the journeys of credits share: where the routes are, and lots as a test needs them.</summary>
internal static class Wallet
{
    public const string Root = "/api/v1/billing/credits";
    public const string Consume = $"{Root}/consume";
    public const string Reservations = $"{Root}/reservations";
    public const string Approvals = $"{Root}/admin/approvals";

    public static readonly KeycloakUser SecondAdmin = DemoUsers.Grace with { RealmRoles = [.. DemoUsers.Grace.RealmRoles, "billing-admin"] };

    /// <summary>Hosts that only serve HTTP, without a limit that a test would meet.</summary>
    public static Task<Journey> StartAsync(Cluster cluster, int hosts = 1, params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string?>(SignedIn.NoWorkers) { ["Limits__ApiPerMinute"] = "100000" };
        foreach (var (name, value) in settings) all[name] = value;
        return Journey.StartAsync(cluster, hosts, all);
    }

    /// <summary>A lot with its audit row, as a grant makes it, on any terms: <paramref name="ends"/> is an interval from now and may be over.</summary>
    public static Task GiveAsync(this Journey journey, long credits, string source = "test:1", int priority = 100, string? ends = null, string? userId = null) =>
        journey.ExecuteAsync("""
            INSERT INTO audit_logs (action, resource_type, resource_id, cause, user_id, result)
            SELECT 'credit.allocate', 'grant', source, 'test', @user, 'success'
            FROM credit_grant(ARRAY[@source], ARRAY[@user], ARRAY[@credits]::bigint[], ARRAY[@priority], ARRAY[now() + @ends::interval], ARRAY[NULL]::text[])
            """, new { credits, source, priority, ends, user = userId ?? Journey.Ada.Id });

    public static Task<List<string>> LotsAsync(this Journey journey) => journey.RowsAsync<string>("SELECT source || ' ' || remaining FROM credit_lots ORDER BY id");

    public static Task<Page> SpendAsync(this HostProcess host, string token, long amount, string key) =>
        host.PostAsync(Consume, $$"""{"amount":{{amount}},"reason":"a test"}""", token, key);

    public static Task<Page> ReserveAsync(this HostProcess host, string token, long amount, string key) =>
        host.PostAsync(Reservations, $$"""{"amount":{{amount}},"reason":"a test","reference":"job-1"}""", token, key);

    public static Task<Page> CommitAsync(this HostProcess host, string token, string id, string key, long? amount = null) =>
        host.PostAsync($"{Reservations}/{id}/commit", amount is null ? "{}" : $$"""{"amount":{{amount}}}""", token, key);

    public static Task<Page> ReleaseAsync(this HostProcess host, string token, string id) =>
        ApiCalls.CallAsync(HttpMethod.Delete, $"{host.Url}{Reservations}/{id}", content: null, token);

    public static Task<Page> BalancePageAsync(this HostProcess host, string token) => host.GetAsync($"{Root}/balance", token);

    public static long Number(this Page page, string member) => page.Json.GetProperty(member).GetInt64();

    public static string? Text(this Page page, string member) => page.Json.GetProperty(member).GetString();
}
