using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Identity.Keycloak;

/// <summary>
/// The service account's access token (client credentials): kept for four fifths of its life, fetched once for all who wait for it.
/// A failed fetch fails those who waited; the next caller tries afresh.
/// </summary>
internal sealed class AccessToken(
    IHttpClientFactory http, IOptionsMonitor<KeycloakOptions> options, TimeProvider time, string clientName = KeycloakUsers.HttpClientName)
{
    private const double UsedShareOfLife = 0.8;
    private const int ShortestLifeSeconds = 60;

    private readonly Lock gate = new();
    private Token? current;
    private Task<Token>? fetching;

    /// <summary>A token that should be valid for a while.</summary>
    /// <exception cref="KeycloakException">Keycloak refused the client or did not answer with a token.</exception>
    public async Task<string> GetAsync(CancellationToken cancellationToken)
    {
        Task<Token> fetch;
        lock (gate)
        {
            if (current is { } known && time.GetUtcNow() < known.RenewAt) return known.Value;
            fetch = fetching ??= FetchAsync();
        }

        // One caller's cancellation must not take the token from the others.
        return (await fetch.WaitAsync(cancellationToken)).Value;
    }

    /// <summary>Forgets a token that Keycloak no longer accepts. A newer one stays.</summary>
    public void Drop(string token)
    {
        lock (gate)
        {
            if (current?.Value == token) current = null;
        }
    }

    private async Task<Token> FetchAsync()
    {
        // Leaves the caller's lock, so that "fetching" is set before it can be cleared below.
        await Task.Yield();
        try
        {
            var token = await RequestAsync();
            lock (gate) current = token;
            return token;
        }
        finally
        {
            lock (gate) fetching = null;
        }
    }

    private async Task<Token> RequestAsync()
    {
        var settings = options.CurrentValue;
        var asked = time.GetUtcNow();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{settings.RealmUrl}/protocol/openid-connect/token");
        request.Content = new FormUrlEncodedContent([KeyValuePair.Create("grant_type", "client_credentials")]);
        // RFC 6749 2.3.1: both are form-encoded before they are joined.
        var pair = $"{WebUtility.UrlEncode(settings.ClientId)}:{WebUtility.UrlEncode(settings.ClientSecret)}";
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));

        using var response = await http.CreateClient(clientName).SendAsync(request, CancellationToken.None);
        if (!response.IsSuccessStatusCode)
            throw await KeycloakException.ReadAsync(response, Advice((int)response.StatusCode, settings), CancellationToken.None);

        var body = await KeycloakException.ReadJsonAsync(response, CancellationToken.None);
        if (body["access_token"] is not JsonValue value || !value.TryGetValue<string>(out var token) || token.Length == 0)
            throw new KeycloakException((int)response.StatusCode, "Keycloak's token answer holds no access_token. Check Keycloak:Url and Keycloak:Realm.");
        var seconds = body["expires_in"] is JsonValue life && life.TryGetValue<int>(out var told) && told > 0 ? told : ShortestLifeSeconds;
        return new Token(token, asked.AddSeconds(seconds * UsedShareOfLife));
    }

    private static string Advice(int status, KeycloakOptions settings) => status switch
    {
        400 or 401 => $"Check Keycloak:ClientId ('{settings.ClientId}') and Keycloak:ClientSecret; the client must be confidential and have a service account.",
        404 => $"Check Keycloak:Url and Keycloak:Realm ('{settings.Realm}').",
        _ => "",
    };

    private sealed record Token(string Value, DateTimeOffset RenewAt);
}
