using System.Net;
using System.Text.Json;
using BillingMonolith.Host.Callers;
using BillingMonolith.Identity;
using BillingMonolith.SharedKernel;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Access;

/// <summary>
/// Asks Keycloak whether a session is still alive, by its refresh token: the answer is no when the user was disabled or signed out, and it carries their
/// present roles.
/// </summary>
internal sealed class KeycloakSession(
    IHttpClientFactory http, TokenValidator tokens, IOptionsMonitor<KeycloakOptions> options, ILogger<KeycloakSession> log)
{
    /// <summary>Separate from the Admin API's client: no retries (a refresh token may be valid for one use) and a breaker of its own.</summary>
    public const string HttpClientName = "keycloak-login";
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(5);

    /// <summary>The session as it is now, or null when Keycloak has ended it.</summary>
    /// <exception cref="RetryAfterException">Keycloak does not answer, or refuses this service's client.</exception>
    public async Task<AuthenticationTicket?> RenewAsync(AuthenticationTicket ticket, CancellationToken cancellationToken)
    {
        var old = SessionTokens.Of(ticket);
        var (status, answer) = await AskAsync(old.Refresh, cancellationToken);
        if (status != HttpStatusCode.OK)
        {
            if (answer.Text("error") == "invalid_grant") return null;
            log.LogError("Keycloak answers {Status} {Error} when sessions are checked. Check Keycloak:ClientId and Keycloak:ClientSecret",
                (int)status, answer.Text("error"));
            throw new RetryAfterException("Keycloak", AskAgain);
        }

        var access = await tokens.ValidateAsync(answer.Text("access_token") ?? "", TokenUse.Session, cancellationToken);
        if (access.Claims is not { } claims || claims.Text("sub") != ticket.Principal.UserId)
        {
            log.LogWarning("Keycloak renewed a session with a token that is not sound ({Reason}); the session ends", access.Problem ?? "another user");
            return null;
        }

        var properties = ticket.Properties.Clone();
        SessionTokens.Of(answer, old).AddTo(properties);
        return new AuthenticationTicket(Caller.Principal(claims, SessionHandler.SchemeName), properties, SessionHandler.SchemeName);
    }

    private async Task<(HttpStatusCode Status, JsonElement Answer)> AskAsync(string refreshToken, CancellationToken cancellationToken)
    {
        var settings = options.CurrentValue;
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{settings.RealmUrl}/protocol/openid-connect/token");
        request.Content = new FormUrlEncodedContent(
        [
            new("grant_type", "refresh_token"), new("refresh_token", refreshToken),
            new("client_id", settings.ClientId), new("client_secret", settings.ClientSecret),
        ]);
        try
        {
            using var response = await http.CreateClient(HttpClientName).SendAsync(request, cancellationToken);
            using var json = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken: cancellationToken);
            if (json.RootElement.ValueKind != JsonValueKind.Object) throw new JsonException("The token answer is no JSON object.");
            return (response.StatusCode, json.RootElement.Clone());
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or OperationCanceledException or Polly.Timeout.TimeoutRejectedException)
        {
            log.LogWarning("Keycloak does not answer, so sessions cannot be checked ({Reason})", e.Message);
            throw new RetryAfterException("Keycloak", AskAgain);
        }
    }
}
