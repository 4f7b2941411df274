using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>The token endpoint with its four grants. Each answer to a person's client comes with a refresh token, which reads the user afresh.</summary>
internal sealed class TokenEndpoint(Realm realm, RealmTokens tokens, AuthorizationCodes codes)
{
    private readonly ConcurrentDictionary<string, RefreshToken> refreshTokens = new(StringComparer.Ordinal);
    private int issued;

    /// <summary>How many tokens service accounts got.</summary>
    public int Issued => issued;

    /// <summary>The realm's "Revoke Refresh Token": each refresh token is good for one use.</summary>
    public bool Rotates { get; set; }

    public JsonObject Answer(HttpRequest request, IFormCollection form)
    {
        if (string.IsNullOrEmpty(form["grant_type"])) throw Refusal.Error(400, "invalid_request", "Missing form parameter: grant_type");
        Func<RealmClient, IFormCollection, JsonObject> grant = form["grant_type"].ToString() switch
        {
            "authorization_code" => Code,
            "refresh_token" => Refresh,
            "password" => Password,
            "client_credentials" => Service,
            _ => throw Refusal.Error(400, "unsupported_grant_type", "Unsupported grant_type"),
        };
        return grant(realm.Clients.Authenticate(request, form), form);
    }

    private JsonObject Code(RealmClient client, IFormCollection form)
    {
        var login = codes.Redeem(client, form);
        return For(Holder(login), login, "ac");
    }

    private JsonObject Refresh(RealmClient client, IFormCollection form)
    {
        if (string.IsNullOrEmpty(form["refresh_token"])) throw Refusal.Error(400, "invalid_request", "No refresh token");
        if (!refreshTokens.TryGetValue(form["refresh_token"].ToString(), out var token)) throw Invalid("Invalid refresh token");
        if (token.Login.Client.ClientId != client.Id) throw Invalid("Invalid refresh token. Token client and authorized client don't match");
        if (realm.Time.GetUtcNow() >= token.Ends) throw Invalid("Token is not active");
        var user = Holder(token.Login);
        if (Rotates && Interlocked.Increment(ref token.Uses) > 1)
        {
            // One of the two who hold it has stolen it: the client's part of the session ends for both.
            token.Login.Session.Detach(token.Login.Client);
            throw Invalid("Maximum allowed refresh token reuse exceeded");
        }

        token.Login.Session.SeenAt = realm.Time.GetUtcNow();
        return For(user, token.Login with { Nonce = null }, "rt");
    }

    private JsonObject Password(RealmClient client, IFormCollection form)
    {
        if (!client.DirectAccessGrants) throw Refusal.Error(400, "unauthorized_client", "Client not allowed for direct access grants");
        var scope = client.Grant(form["scope"]) ?? throw Refusal.Error(400, "invalid_scope", $"Invalid scopes: {form["scope"]}");
        var user = realm.Users.Authenticate(form["username"], form["password"]) ?? throw Refusal.Error(401, "invalid_grant", "Invalid user credentials");
        if (!user.Enabled) throw Invalid("Account disabled");
        var session = realm.Sessions.Start(user.Id);
        return For(user, new Login(session, session.Attach(client), scope, "1"), "ro");
    }

    private JsonObject Service(RealmClient client, IFormCollection form)
    {
        if (client.IsPublic) throw Refusal.Error(401, "unauthorized_client", "Public client not allowed to retrieve service account");
        if (!client.ServiceAccount) throw Refusal.Error(401, "unauthorized_client", "Client not enabled to retrieve service account");
        var scope = client.Grant(form["scope"]) ?? throw Refusal.Error(400, "invalid_scope", $"Invalid scopes: {form["scope"]}");
        Interlocked.Increment(ref issued);
        return Bearer(tokens.Service(client), refreshExpiresIn: 0, scope);
    }

    /// <summary>The person of a login whose session lives and still has the client.</summary>
    private KeycloakUser Holder(Login login)
    {
        if (realm.Sessions.Find(login.Session.Id) is null || realm.Users.TryFind(login.Session.UserId) is not { } user) throw Invalid("Session not active");
        if (!user.Enabled) throw Invalid("User disabled");
        return login.Session.Has(login.Client) ? user : throw Invalid("Session doesn't have required client");
    }

    private JsonObject For(KeycloakUser user, Login login, string grant)
    {
        var now = realm.Time.GetUtcNow();
        var (access, refresh, seconds) = (tokens.Access(user, login, grant), UserSession.Unguessable(64), login.Session.ExpiresIn(now));
        refreshTokens[refresh] = new RefreshToken(login, now.AddSeconds(seconds));

        var answer = Bearer(access, seconds, login.Scope);
        answer["refresh_token"] = refresh;
        answer["session_state"] = login.Session.Id;
        if (login.IsOpenId) answer["id_token"] = tokens.Id(user, login, access);
        return answer;
    }

    private JsonObject Bearer(string access, int refreshExpiresIn, string scope) => new()
    {
        ["access_token"] = access,
        ["expires_in"] = tokens.ExpiresInSeconds,
        ["refresh_expires_in"] = refreshExpiresIn,
        ["token_type"] = "Bearer",
        ["not-before-policy"] = 0,
        ["scope"] = scope,
    };

    private static Refusal Invalid(string description) => Refusal.Error(400, "invalid_grant", description);

    private sealed record RefreshToken(Login Login, DateTimeOffset Ends)
    {
        public int Uses;
    }
}
