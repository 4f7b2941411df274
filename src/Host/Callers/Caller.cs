using System.Security.Claims;
using System.Text.Json;

namespace BillingMonolith.Host.Callers;

/// <summary>The caller: a person or a service, from a valid token's claims. Claims keep their names in the token.</summary>
internal static class Caller
{
    private const string ClientIdClaim = "client_id";
    private static readonly string[] Copied = ["sub", "preferred_username", "email", "name", "sid", "azp"];

    extension(ClaimsPrincipal caller)
    {
        /// <summary>Keycloak's user id (<c>sub</c>); a service has one too, its service account's. Null when nobody is signed in.</summary>
        public string? UserId => caller.FindFirstValue("sub");

        public string? Username => caller.FindFirstValue("preferred_username");

        /// <summary>Keycloak's session; null for a service.</summary>
        public string? SessionId => caller.FindFirstValue("sid");

        /// <summary>A program that signed in with its own credentials, without a person.</summary>
        public bool IsService => caller.ClientId is not null;

        /// <summary>The service's client id; null for a person.</summary>
        public string? ClientId => caller.FindFirstValue(ClientIdClaim);
    }

    /// <summary>The principal of these claims, signed in by this scheme. Realm roles are <c>role</c> claims, each scope a <c>scope</c> claim.</summary>
    public static ClaimsPrincipal Principal(JsonElement token, string scheme)
    {
        var claims = new List<Claim>();
        foreach (var name in Copied)
        {
            if (token.Text(name) is { } value) claims.Add(new Claim(name, value));
        }

        if (token.TryGetProperty("email_verified", out var verified) && verified.ValueKind is JsonValueKind.True or JsonValueKind.False)
            claims.Add(new Claim("email_verified", verified.ValueKind == JsonValueKind.True ? "true" : "false", ClaimValueTypes.Boolean));
        foreach (var scope in (token.Text("scope") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)) claims.Add(new Claim("scope", scope));
        if (token.TryGetProperty("realm_access", out var realm) && realm.ValueKind == JsonValueKind.Object)
            claims.AddRange(realm.Texts("roles").Select(role => new Claim("role", role)));
        // Keycloak gives client_id to service accounts; a token of a person's session has a sid.
        if (token.Text(ClientIdClaim) is { } client && token.Text("sid") is null) claims.Add(new Claim(ClientIdClaim, client));
        return new ClaimsPrincipal(new ClaimsIdentity(claims, scheme, nameType: "preferred_username", roleType: "role"));
    }
}
