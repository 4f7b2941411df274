using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>The realm's token endpoint for its one confidential client, and the judge of the tokens that it issued.</summary>
internal sealed class TokenEndpoint(RealmKeys keys, TimeProvider time, string realm, string clientId, string clientSecret)
{
    private readonly ConcurrentDictionary<string, byte> live = new(StringComparer.Ordinal);
    private readonly string serviceAccount = Guid.NewGuid().ToString();
    private int issued;

    public int Issued => issued;

    public int ExpiresInSeconds { get; set; } = 300;

    /// <summary>Forgets every token that was issued so far.</summary>
    public void Revoke() => live.Clear();

    public JsonObject Answer(HttpRequest request, IFormCollection form, string baseUrl, IReadOnlyList<string> roles)
    {
        if (string.IsNullOrEmpty(form["grant_type"])) throw Refusal.Error(400, "invalid_request", "Missing form parameter: grant_type");
        if (form["grant_type"] != "client_credentials") throw Refusal.Error(400, "unsupported_grant_type", "Unsupported grant_type");
        Authenticate(request, form);

        Interlocked.Increment(ref issued);
        return new JsonObject
        {
            ["access_token"] = keys.Sign(Claims(baseUrl, roles)),
            ["expires_in"] = ExpiresInSeconds,
            ["refresh_expires_in"] = 0,
            ["token_type"] = "Bearer",
            ["not-before-policy"] = 0,
            ["scope"] = "email profile",
        };
    }

    /// <summary>Whether the request carries a token of ours that is still good: signature, expiry, kind, not revoked.</summary>
    public bool Accepts(HttpRequest request) =>
        request.Headers.Authorization.ToString() is ['B', 'e', 'a', 'r', 'e', 'r', ' ', .. var token]
        && keys.Verify(token) is { } claims
        && (string?)claims["typ"] == "Bearer"
        && (long?)claims["exp"] > time.GetUtcNow().ToUnixTimeSeconds()
        && live.ContainsKey((string?)claims["jti"] ?? "");

    /// <summary>client_secret_basic (both parts form-encoded, RFC 6749 2.3.1) or client_secret_post.</summary>
    private void Authenticate(HttpRequest request, IFormCollection form)
    {
        var (id, secret) = (form["client_id"].ToString(), form["client_secret"].ToString());
        if (request.Headers.Authorization.ToString() is ['B', 'a', 's', 'i', 'c', ' ', .. var encoded])
        {
            var decoded = new byte[encoded.Length];
            var pair = Convert.TryFromBase64String(encoded, decoded, out var length) ? Encoding.UTF8.GetString(decoded, 0, length).Split(':', 2) : [];
            (id, secret) = pair is [var name, var word] ? (WebUtility.UrlDecode(name), WebUtility.UrlDecode(word)) : ("", "");
        }

        const string Description = "Invalid client or Invalid client credentials";
        if (id != clientId) throw Refusal.Error(401, "invalid_client", Description);
        if (secret != clientSecret) throw Refusal.Error(401, "unauthorized_client", Description);
    }

    private JsonObject Claims(string baseUrl, IReadOnlyList<string> roles)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var jti = $"trrtcc:{Guid.NewGuid()}";
        live[jti] = 0;
        return new JsonObject
        {
            ["exp"] = now + ExpiresInSeconds,
            ["iat"] = now,
            ["jti"] = jti,
            ["iss"] = $"{baseUrl}/realms/{realm}",
            ["aud"] = new JsonArray("realm-management", "account"),
            ["sub"] = serviceAccount,
            ["typ"] = "Bearer",
            ["azp"] = clientId,
            ["acr"] = "1",
            ["resource_access"] = new JsonObject
            {
                ["realm-management"] = new JsonObject { ["roles"] = new JsonArray([.. roles.Select(r => (JsonNode?)r)]) },
            },
            ["scope"] = "email profile",
            ["email_verified"] = false,
            ["preferred_username"] = $"service-account-{clientId}",
            ["client_id"] = clientId,
        };
    }
}
