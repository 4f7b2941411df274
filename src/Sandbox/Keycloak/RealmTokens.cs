using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>What the realm's tokens say (claim sets measured on Keycloak 26), and which of them are still good.</summary>
internal sealed class RealmTokens(Realm realm)
{
    private readonly ConcurrentDictionary<string, byte> live = new(StringComparer.Ordinal);

    public int ExpiresInSeconds { get; set; } = 300;

    /// <summary>Forgets every token that was issued so far.</summary>
    public void Revoke() => live.Clear();

    /// <summary>A person's access token; <paramref name="grant"/> is the two letters that Keycloak puts into its id.</summary>
    public string Access(KeycloakUser user, Login login, string grant)
    {
        var client = realm.Clients.Find(login.Client.ClientId)!;
        var claims = Dated($"onrt{grant}:");
        claims["auth_time"] = login.Session.AuthenticatedAt.ToUnixTimeSeconds();
        claims["aud"] = OneOrMany([.. client.Audiences, "account"]);
        claims["sub"] = user.Id;
        claims["typ"] = "Bearer";
        claims["azp"] = client.Id;
        claims["sid"] = login.Session.Id;
        claims["acr"] = login.Acr;
        claims["realm_access"] = Roles(user.RealmRoles);
        claims["resource_access"] = AccountRoles();
        claims["scope"] = login.Scope;
        Describe(user, claims);
        return realm.Keys.Sign(claims);
    }

    public string Id(KeycloakUser user, Login login, string accessToken)
    {
        var claims = Dated("");
        claims["auth_time"] = login.Session.AuthenticatedAt.ToUnixTimeSeconds();
        claims["aud"] = login.Client.ClientId;
        claims["sub"] = user.Id;
        claims["typ"] = "ID";
        claims["azp"] = login.Client.ClientId;
        if (login.Nonce is not null) claims["nonce"] = login.Nonce;
        claims["sid"] = login.Session.Id;
        claims["at_hash"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(accessToken)).AsSpan(0, 16));
        claims["acr"] = login.Acr;
        Describe(user, claims);
        return realm.Keys.Sign(claims);
    }

    /// <summary>A client's own token: no session, and roles only where the client manages the realm.</summary>
    public string Service(RealmClient client)
    {
        var claims = Dated("trrtcc:");
        claims["aud"] = OneOrMany(client.ManagesRealm ? ["realm-management", "account"] : [.. client.Audiences, "account"]);
        claims["sub"] = client.ServiceAccountId;
        claims["typ"] = "Bearer";
        claims["azp"] = client.Id;
        claims["acr"] = "1";
        if (!client.ManagesRealm) claims["realm_access"] = Roles(DemoUsers.DefaultRoles);
        claims["resource_access"] = client.ManagesRealm ? new JsonObject { ["realm-management"] = Roles(realm.ServiceRoles) } : AccountRoles();
        claims["scope"] = client.Grant(null);
        claims["email_verified"] = false;
        claims["preferred_username"] = $"service-account-{client.Id}";
        claims["client_id"] = client.Id;
        return realm.Keys.Sign(claims);
    }

    /// <summary>The claims of the bearer token that the request carries, if it is one of ours and still good: signature, expiry, kind, not revoked.</summary>
    public JsonObject? Read(HttpRequest request) =>
        request.Headers.Authorization.ToString() is ['B', 'e', 'a', 'r', 'e', 'r', ' ', .. var token] ? Read(token) : null;

    public JsonObject? Read(string token) =>
        realm.Keys.Verify(token) is { } claims
        && (string?)claims["typ"] == "Bearer"
        && (long?)claims["exp"] > realm.Time.GetUtcNow().ToUnixTimeSeconds()
        && live.ContainsKey((string?)claims["jti"] ?? "") ? claims : null;

    /// <summary>What a person's profile says in tokens and at the userinfo endpoint.</summary>
    public static void Describe(KeycloakUser user, JsonObject claims)
    {
        claims["email_verified"] = user.EmailVerified;
        var name = $"{user.FirstName} {user.LastName}".Trim();
        if (name.Length > 0) claims["name"] = name;
        claims["preferred_username"] = user.Username;
        if (user.FirstName is not null) claims["given_name"] = user.FirstName;
        if (user.LastName is not null) claims["family_name"] = user.LastName;
        if (user.Email is not null) claims["email"] = user.Email;
        // An attribute mapper of the realm: absent when the attribute is not set.
        if (user["subscription_tier"] is { } tier) claims["subscription_tier"] = tier;
    }

    private JsonObject Dated(string idPrefix)
    {
        var now = realm.Time.GetUtcNow().ToUnixTimeSeconds();
        var jti = $"{idPrefix}{Guid.NewGuid()}";
        live[jti] = 0;
        return new JsonObject { ["exp"] = now + ExpiresInSeconds, ["iat"] = now, ["jti"] = jti, ["iss"] = realm.Issuer };
    }

    private static JsonNode OneOrMany(string[] values) => values is [var only] ? only : new JsonArray([.. values.Select(v => (JsonNode?)v)]);

    private static JsonObject Roles(IEnumerable<string> roles) => new() { ["roles"] = new JsonArray([.. roles.Select(r => (JsonNode?)r)]) };

    private static JsonObject AccountRoles() => new() { ["account"] = Roles(["manage-account", "manage-account-links", "view-profile"]) };
}
