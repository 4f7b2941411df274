using System.Net.Http.Headers;
using System.Text.Json;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Access;

/// <summary>What the access journeys share: a world whose hosts only serve HTTP, and questions to them.</summary>
internal static class SignedIn
{
    public static readonly Dictionary<string, string?> NoWorkers = new() { ["Inbox__LocalWorkers"] = "0", ["Inbox__RemoteEvents"] = "0" };

    public static KeycloakUser Buyer => DemoUsers.Buyer;

    public static Task<Page> MeAsync(this Browser browser, string origin) => browser.GetAsync($"{origin}/api/v1/me");

    /// <summary>The session's proof against cross-site requests, as a page of ours would have it.</summary>
    public static async Task<string> CsrfTokenAsync(this Browser browser, string origin)
    {
        var me = await browser.MeAsync(origin);
        me.Status.ShouldBe(200, me.Body);
        return me.Json.GetProperty("csrf_token").GetString()!;
    }

    public static async Task<Page> SignOutAsync(this Browser browser, string origin) =>
        await browser.PostAsync($"{origin}/logout", new() { ["csrf_token"] = await browser.CsrfTokenAsync(origin) });

    /// <summary>Every session's last check was long ago: the next request asks Keycloak.</summary>
    public static Task AgeSessionsAsync(this Journey journey) => journey.ExecuteAsync("UPDATE access_sessions SET checked_at = now() - interval '5 minutes'");

    public static (string Name, string Value) Bearer(string token) => ("Authorization", $"Bearer {token}");

    public static int Refreshes(this Journey journey) =>
        journey.World.Keycloak.Journal.Count(e => e.Path.EndsWith("/token", StringComparison.Ordinal) && e.Body.Contains("grant_type=refresh_token", StringComparison.Ordinal));

    public static StringContent Json(string body) => new(body, MediaTypeHeaderValue.Parse("application/json"));

    public static string? Error(this Page page) => page.Json.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.String ? error.GetString() : null;
}
