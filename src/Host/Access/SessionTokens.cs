using System.Text.Json;
using BillingMonolith.Host.Callers;
using Microsoft.AspNetCore.Authentication;

namespace BillingMonolith.Host.Access;

/// <summary>What a session keeps of Keycloak's token answer, in the ticket's properties.</summary>
/// <param name="Refresh">Asks whether the session still stands.</param>
/// <param name="Id">Names the session at sign-out (<c>id_token_hint</c>).</param>
/// <param name="Life">How long the refresh token is good, and so the session when nobody comes.</param>
internal sealed record SessionTokens(string Refresh, string? Id, TimeSpan Life)
{
    /// <summary>Keycloak says 0 for an offline session, which has no end of its own.</summary>
    private static readonly TimeSpan Endless = TimeSpan.FromHours(12);

    public static SessionTokens Of(AuthenticationTicket ticket) =>
        new(ticket.Properties.Items["refresh_token"]!, ticket.Properties.Items["id_token"], TimeSpan.Parse(ticket.Properties.Items["life"]!));

    /// <summary>What the answer does not renew stays as it was (RFC 6749, section 6).</summary>
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
