using System.Security.Claims;
using System.Text.Encodings.Web;
using System.Text.Json;
using BillingMonolith.Host.Callers;
using BillingMonolith.Identity;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OAuth;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Access;

/// <summary>
/// Sign-in with OpenID Connect: the framework's code flow with state, correlation cookie and PKCE; on top of it the nonce, the issuer (RFC 9207) and
/// the ID token. (The framework's own OpenID Connect handler cannot be restored here; the names are the same.)
/// </summary>
internal sealed class KeycloakLogin(
    IOptionsMonitor<OAuthOptions> options, ILoggerFactory log, UrlEncoder encoder, TokenValidator tokens, IOptionsMonitor<KeycloakOptions> keycloak)
    : OAuthHandler<OAuthOptions>(options, log, encoder)
{
    public const string SchemeName = "Keycloak";
    public const string CallbackPath = "/signin-oidc";
    private const string Nonce = "nonce";

    protected override string BuildChallengeUrl(AuthenticationProperties properties, string redirectUri)
    {
        // The state carries it back to us, encrypted and bound to this browser by the correlation cookie.
        var nonce = WebEncoders.Base64UrlEncode(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
        properties.Items[Nonce] = nonce;
        return QueryHelpers.AddQueryString(base.BuildChallengeUrl(properties, redirectUri), Nonce, nonce);
    }

    // Another server's answer must not be mistaken for Keycloak's.
    protected override Task<HandleRequestResult> HandleRemoteAuthenticateAsync() => Request.Query["iss"] == keycloak.CurrentValue.Issuer
        ? base.HandleRemoteAuthenticateAsync()
        : Task.FromResult(HandleRequestResult.Fail("The answer does not come from the configured realm (iss)."));

    protected override async Task<AuthenticationTicket> CreateTicketAsync(
        ClaimsIdentity identity, AuthenticationProperties properties, OAuthTokenResponse response)
    {
        var answer = response.Response!.RootElement;
        var id = await ClaimsAsync(answer, "id_token", TokenUse.Id);
        properties.Items.Remove(Nonce, out var nonce);
        if (nonce is null || id.Text(Nonce) != nonce) throw new AuthenticationFailureException("The ID token was made for another sign-in (nonce).");
        var access = await ClaimsAsync(answer, "access_token", TokenUse.Session);
        if (access.Text("sub") != id.Text("sub")) throw new AuthenticationFailureException("The tokens name two users.");

        SessionTokens.Of(answer).AddTo(properties);
        return new AuthenticationTicket(Caller.Principal(access, SessionHandler.SchemeName), properties, SessionHandler.SchemeName);
    }

    private async Task<JsonElement> ClaimsAsync(JsonElement answer, string name, TokenUse use)
    {
        var result = await tokens.ValidateAsync(answer.Text(name) ?? "", use, Context.RequestAborted);
        return result.Claims ?? throw new AuthenticationFailureException($"Keycloak's {name} is not sound: {result.Problem}");
    }
}
