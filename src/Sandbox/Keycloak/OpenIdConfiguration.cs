using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>The discovery document: the members that clients read, as Keycloak 26 writes them.</summary>
internal static class OpenIdConfiguration
{
    public static JsonObject Of(string issuer)
    {
        var connect = $"{issuer}/protocol/openid-connect";
        return new JsonObject
        {
            ["issuer"] = issuer,
            ["authorization_endpoint"] = $"{connect}/auth",
            ["token_endpoint"] = $"{connect}/token",
            ["introspection_endpoint"] = $"{connect}/token/introspect",
            ["userinfo_endpoint"] = $"{connect}/userinfo",
            ["end_session_endpoint"] = $"{connect}/logout",
            ["jwks_uri"] = $"{connect}/certs",
            ["grant_types_supported"] = new JsonArray("authorization_code", "client_credentials", "password", "refresh_token"),
            ["response_types_supported"] = new JsonArray("code"),
            ["subject_types_supported"] = new JsonArray("public"),
            ["prompt_values_supported"] = new JsonArray("none", "login"),
            ["id_token_signing_alg_values_supported"] = new JsonArray("RS256"),
            ["response_modes_supported"] = new JsonArray("query"),
            ["token_endpoint_auth_methods_supported"] = new JsonArray("client_secret_basic", "client_secret_post"),
            ["claims_supported"] = new JsonArray(
                "iss", "sub", "aud", "exp", "iat", "auth_time", "name", "given_name", "family_name", "preferred_username", "email", "acr", "azp", "nonce"),
            ["scopes_supported"] = new JsonArray("openid", "profile", "email", "roles", "basic", "acr", "web-origins", DemoClients.GrantScope),
            ["code_challenge_methods_supported"] = new JsonArray("S256"),
            ["authorization_response_iss_parameter_supported"] = true,
            ["backchannel_logout_supported"] = true,
            ["backchannel_logout_session_supported"] = true,
        };
    }
}
