using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Api;

/// <summary>Calls of a host's API by somebody with a token of the realm.</summary>
internal static class ApiCalls
{
    /// <summary>Longer than what the audit log keeps of it.</summary>
    public static readonly string UserAgent = new('a', 400);

    private static readonly Browser Client = new(); // no call of the API by token sets a cookie

    public static string TokenOf(this Journey journey, KeycloakUser user) => journey.World.Keycloak.AccessTokenFor(user);

    public static Task<Page> GetAsync(this HostProcess host, string path, string? token) => CallAsync(HttpMethod.Get, host.Url + path, content: null, token);

    public static Task<Page> PostAsync(this HostProcess host, string path, string? json, string? token, string? key = null) =>
        CallAsync(HttpMethod.Post, host.Url + path, json is null ? null : SignedIn.Json(json), token, key);

    /// <summary>The answer under an Idempotency-Key is an earlier one's.</summary>
    public static bool IsReplayed(this Page page) => page.Headers.ContainsKey("Idempotent-Replayed");

    public static Task<Page> CallAsync(HttpMethod method, string url, HttpContent? content, string? token, string? key = null)
    {
        List<(string, string)> headers = [("Accept", "application/json"), ("User-Agent", UserAgent)];
        if (token is not null) headers.Add(SignedIn.Bearer(token));
        if (key is not null) headers.Add(("Idempotency-Key", key));
        return Client.OnceAsync(method, url, content, [.. headers]);
    }
}
