using System.Text.Json;
using BillingMonolith.Host.Callers;
using Microsoft.AspNetCore.Authentication;

namespace BillingMonolith.Host.Access;

/// <summary>The parts of Keycloak's token response that a session keeps, in the ticket's properties.</summary>
/// <param name="Refresh">The token that asks whether the session is still alive.</param>
/// <param name="Id">The token that identifies the session at sign-out (<c>id_token_hint</c>).</param>
/// <param name="Life">The life of the refresh token, and so of an idle session.</param>
internal sealed record SessionTokens(string Refresh, string? Id, TimeSpan Life)
{
    /// <summary>Keycloak says 0 for an offline session, which has no end of its own.</summary>
    private static readonly TimeSpan Endless = TimeSpan.FromHours(12);

    public static SessionTokens Of(AuthenticationTicket ticket) =>
        new(ticket.Properties.Items["refresh_token"]!, ticket.Properties.Items["id_token"], TimeSpan.Parse(ticket.Properties.Items["life"]!));

    /// <summary>Values that the response does not renew stay (RFC 6749, section 6).</summary>
    /// <exception cref="JsonException">There is no refresh token.</exception>
    public static SessionTokens Of(JsonElement answer, SessionTokens? old = null) => new(
        answer.Text("refresh_token") ?? old?.Refresh ?? throw new JsonException("Keycloak gave no refresh_token: the client must have the standard flow."),
        answer.Text("id_token") ?? old?.Id,
        answer.TryGetProperty("refresh_expires_in", out var life) && life.TryGetInt32(out var seconds) && seconds > 0
            ? TimeSpan.FromSeconds(seconds) : Endless);

    public void AddTo(AuthenticationProperties properties)
    {
        properties.Items["refresh_token"] = Refresh;
        properties.Items["id_token"] = Id;
        properties.Items["life"] = Life.ToString("c");
    }
}
