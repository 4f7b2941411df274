using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>Who holds this token? Userinfo tells its bearer, introspection a confidential client.</summary>
internal sealed class UserinfoEndpoint(Realm realm, RealmTokens tokens)
{
    public JsonObject Userinfo(HttpRequest request)
    {
        if (request.Headers.Authorization.Count == 0) throw Refusal.Bearer(401, realm.Name);
        var claims = tokens.Read(request) ?? throw Refusal.Bearer(401, realm.Name, "invalid_token", "Token verification failed");
        if (((string?)claims["scope"])?.Split(' ').Contains("openid") is not true)
            throw Refusal.Bearer(403, realm.Name, "insufficient_scope", "Missing openid scope");
        var user = Holder(claims) ?? throw Refusal.Bearer(401, realm.Name, "invalid_token", "User session not found or doesn't have client attached on it");
        var answer = new JsonObject { ["sub"] = user.Id };
        RealmTokens.Describe(user, answer);
        return answer;
    }

    public JsonObject Introspect(HttpRequest request, IFormCollection form)
    {
        if (realm.Clients.Authenticate(request, form).IsPublic) throw Refusal.Error(403, "invalid_request", "Client not allowed.");
        if (tokens.Read(form["token"].ToString()) is not { } claims) return new JsonObject { ["active"] = false };
        if (claims["sid"] is not null && Holder(claims) is null) return new JsonObject { ["active"] = false };
        claims["client_id"] = (string?)claims["azp"];
        claims["username"] = (string?)claims["preferred_username"];
        claims["token_type"] = "Bearer";
        claims["active"] = true;
        return claims;
    }

    private KeycloakUser? Holder(JsonObject claims) =>
        realm.Sessions.Find((string?)claims["sid"]) is { } session && session.Clients.ContainsKey((string?)claims["azp"] ?? "")
        && realm.Users.TryFind(session.UserId) is { Enabled: true } user ? user : null;
}
