using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Identity.Keycloak;

/// <summary>
/// Users of the realm through Keycloak's Admin REST API. A representation is kept whole, as JSON: PUT is not a PATCH, and what is not sent back is lost.
/// </summary>
internal sealed class KeycloakClient(
    IHttpClientFactory http, AccessToken token, IOptionsMonitor<KeycloakOptions> options, string clientName = KeycloakClient.HttpClientName)
{
    /// <summary>The named client; the Host gives it time limits and retries.</summary>
    public const string HttpClientName = "keycloak";

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The whole representation, or null when the realm has no user with this id.</summary>
    public async Task<JsonObject?> FindAsync(string userId, CancellationToken cancellationToken)
    {
        if (userId.Trim('.').Length == 0) return null; // a path of dots would ask for something else
        const string Asked = "read a user";
        using var response = await SendAsync(HttpMethod.Get, UserPath(userId), body: null, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            var error = await KeycloakException.ReadAsync(response, Asked, Advice(response.StatusCode, "view-users"), cancellationToken);
            // Any other 404 (the realm, a proxy) says nothing about the user.
            return error is { Status: 404, Words: "User not found" } ? null : throw error;
        }

        var user = await KeycloakException.ReadJsonAsync<JsonObject>(response, Asked, cancellationToken);
        return Text(user, "id") == userId ? user : null; // "profile" and the like are paths, not users
    }

    /// <summary>All users with exactly this e-mail address; letters' case does not matter.</summary>
    public async Task<IReadOnlyList<JsonObject>> FindByEmailAsync(string email, CancellationToken cancellationToken)
    {
        var users = await GetAsync<JsonArray>($"/users?email={Uri.EscapeDataString(email)}&exact=true", "find users by e-mail", cancellationToken);
        return [.. users.OfType<JsonObject>().Where(user => email.Equals(Text(user, "email"), StringComparison.OrdinalIgnoreCase))];
    }

    /// <summary>Users in whose names or addresses each of these words begins something; at most so many.</summary>
    public async Task<IReadOnlyList<JsonObject>> SearchAsync(string words, int most, CancellationToken cancellationToken)
    {
        var plain = Uri.EscapeDataString(words.Replace("*", "", StringComparison.Ordinal).Replace("\"", "", StringComparison.Ordinal));
        var users = await GetAsync<JsonArray>(string.Create(null, $"/users?search={plain}&first=0&max={most}"), "find users by name", cancellationToken);
        return [.. users.OfType<JsonObject>()];
    }

    /// <summary>Reads what stands at a path below the realm's address in the Admin API.</summary>
    /// <param name="path">With its leading slash.</param>
    /// <param name="asked">What was asked for, in the words of an error: "read a user".</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="role">The role of realm-management that it takes.</param>
    public async Task<T> GetAsync<T>(string path, string asked, CancellationToken cancellationToken, string role = "view-users") where T : JsonNode
    {
        using var response = await SendAsync(HttpMethod.Get, path, body: null, cancellationToken);
        return response.IsSuccessStatusCode
            ? await KeycloakException.ReadJsonAsync<T>(response, asked, cancellationToken)
            : throw await KeycloakException.ReadAsync(response, asked, Advice(response.StatusCode, role), cancellationToken);
    }

    /// <summary>Writes to a path below the realm's address in the Admin API. An answer's body is left unread.</summary>
    public async Task WriteAsync(HttpMethod method, string path, JsonNode body, string asked, string role, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(method, path, body.ToJsonString(Plain), cancellationToken);
        if (!response.IsSuccessStatusCode)
            throw await KeycloakException.ReadAsync(response, asked, Advice(response.StatusCode, role), cancellationToken);
    }

    /// <summary>Writes a whole representation back.</summary>
    public Task PutAsync(string userId, JsonObject user, CancellationToken cancellationToken) =>
        WriteAsync(HttpMethod.Put, UserPath(userId), user, "write a user", "manage-users", cancellationToken);

    /// <summary>A member's text, or null when there is none.</summary>
    public static string? Text(JsonObject user, string member) => user[member] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static string UserPath(string userId) => $"/users/{Uri.EscapeDataString(userId)}";

    /// <summary>A token can die before its time (keys rotated, session ended): one 401 costs a new token and one repeat, a second one stands.</summary>
    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body, CancellationToken cancellationToken)
    {
        var bearer = await token.GetAsync(cancellationToken);
        var response = await SendOnceAsync(method, path, body, bearer, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Unauthorized) return response;
        response.Dispose();
        token.Drop(bearer);
        return await SendOnceAsync(method, path, body, await token.GetAsync(cancellationToken), cancellationToken);
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpMethod method, string path, string? body, string bearer, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, options.CurrentValue.AdminUrl + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await http.CreateClient(clientName).SendAsync(request, cancellationToken);
    }

    private string Advice(HttpStatusCode status, string role) => status switch
    {
        HttpStatusCode.Unauthorized => $"It does not accept a fresh token of client '{options.CurrentValue.ClientId}': check that the client belongs to "
            + $"the realm '{options.CurrentValue.Realm}' and that Keycloak:Url is the address by which Keycloak knows itself.",
        HttpStatusCode.Forbidden => $"Give the service account of client '{options.CurrentValue.ClientId}' the role {role} of the client realm-management.",
        HttpStatusCode.NotFound => "Check Keycloak:Url and Keycloak:Realm.",
        _ => "",
    };
}
