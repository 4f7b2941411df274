using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using BillingMonolith.Sandbox.Keycloak;
using Microsoft.AspNetCore.WebUtilities;

namespace BillingMonolith.Specs.Sandbox;

/// <summary>What a browser sees of an answer.</summary>
internal sealed record Seen(int Status, string Body, Uri? Location)
{
    public string? this[string parameter] =>
        Location is not null && QueryHelpers.ParseQuery(Location.Query).TryGetValue(parameter, out var value) ? value.ToString() : null;

    /// <summary>The words of the page's alert.</summary>
    public string Alert => First("role=\"alert\"[^>]*>(?<text>[^<]*)<");

    /// <summary>Where the page's first form goes.</summary>
    public string Action => First("<form method=\"post\" action=\"(?<text>[^\"]+)\"");

    private string First(string pattern) =>
        WebUtility.HtmlDecode(Regex.Match(Body, pattern, RegexOptions.None, TimeSpan.FromSeconds(1)).Groups["text"].Value);
}

/// <summary>A browser at the realm's pages: it keeps cookies, and shows redirects instead of following them.</summary>
internal sealed class KeycloakBrowser(KeycloakHttp world) : IDisposable
{
    public const string Verifier = "a-verifier-of-at-least-forty-three-characters-0123456789";
    public const string Callback = "http://127.0.0.1:9/callback";
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() });

    private string Connect => $"{world.Keycloak.Url}/realms/uchub/protocol/openid-connect";

    /// <summary>The authorization endpoint, as the shop asks; a change of null leaves a parameter out.</summary>
    public Task<Seen> AuthorizeAsync(params (string Name, string? Value)[] changes)
    {
        var query = new Dictionary<string, string?>
        {
            ["response_type"] = "code", ["client_id"] = "shop", ["redirect_uri"] = Callback, ["scope"] = "openid", ["state"] = "s1", ["nonce"] = "n1",
            ["code_challenge"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier))), ["code_challenge_method"] = "S256",
        };
        foreach (var (name, value) in changes) query[name] = value;
        return SendAsync(HttpMethod.Get, QueryHelpers.AddQueryString($"{Connect}/auth", query));
    }

    /// <summary>Fills in the form of the page and sends it.</summary>
    public Task<Seen> SubmitAsync(Seen page, string username, string password) =>
        SendAsync(HttpMethod.Post, page.Action, new() { ["username"] = username, ["password"] = password });

    /// <summary>Through the form to the code.</summary>
    public async Task<Seen> SignInAsync(KeycloakUser user, params (string Name, string? Value)[] changes) =>
        await SubmitAsync(await AuthorizeAsync(changes), user.Username, user.Password!);

    public Task<(int Status, JsonNode? Body)> RedeemAsync(string? code, string verifier = Verifier) => world.TokenAsync(new()
    {
        ["grant_type"] = "authorization_code", ["client_id"] = "shop", ["redirect_uri"] = Callback, ["code"] = code ?? "", ["code_verifier"] = verifier,
    });

    public Task<Seen> LogoutAsync(params (string Name, string? Value)[] query) =>
        SendAsync(HttpMethod.Get, QueryHelpers.AddQueryString($"{Connect}/logout", query.Select(p => KeyValuePair.Create(p.Name, p.Value))));

    public async Task<Seen> SendAsync(HttpMethod method, string url, Dictionary<string, string>? form = null)
    {
        using var request = new HttpRequestMessage(method, url);
        if (form is not null) request.Content = new FormUrlEncodedContent(form);
        using var response = await http.SendAsync(request);
        return new Seen((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.Location);
    }

    public void Dispose() => http.Dispose();

    public static JsonObject Claims(JsonNode? token) => Part(token, 1);

    public static JsonObject Header(JsonNode? token) => Part(token, 0);

    private static JsonObject Part(JsonNode? token, int index) => JsonNode.Parse(Base64Url.DecodeFromChars(((string)token!).Split('.')[index]))!.AsObject();
}
