using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Specs.Sandbox;

/// <summary>The stand-in on a free port, and a plain HTTP caller that knows nothing of the module under test.</summary>
internal sealed class KeycloakHttp : IAsyncDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler());

    private KeycloakHttp(KeycloakStandIn keycloak) => Keycloak = keycloak;

    public KeycloakStandIn Keycloak { get; }

    public string Users => $"{Keycloak.Url}/admin/realms/uchub/users";

    public static async Task<KeycloakHttp> StartAsync(bool declared = true, TimeProvider? time = null)
    {
        var keycloak = new KeycloakStandIn(0, time ?? TimeProvider.System, "uchub", "billing", "s3cret+&=") { DeclareSubscriptionAttributes = declared };
        await keycloak.StartAsync();
        var caller = new KeycloakHttp(keycloak);
        await caller.SignInAsync();
        return caller;
    }

    public async Task SignInAsync()
    {
        var (_, body) = await TokenAsync(new() { ["grant_type"] = "client_credentials", ["client_id"] = "billing", ["client_secret"] = "s3cret+&=" });
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)body!["access_token"]!);
    }

    public void SignIn(string token) => http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);

    public void SignOut() => http.DefaultRequestHeaders.Authorization = null;

    public async Task<(int Status, JsonNode? Body)> TokenAsync(Dictionary<string, string> form, string? basic = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Keycloak.Url}/realms/uchub/protocol/openid-connect/token");
        request.Content = new FormUrlEncodedContent(form);
        if (basic is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(basic)));
        using var response = await http.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadFromJsonAsync<JsonNode>());
    }

    /// <summary>The shop renews what it has.</summary>
    public Task<(int Status, JsonNode? Body)> RefreshAsync(JsonNode? tokens) =>
        TokenAsync(new() { ["grant_type"] = "refresh_token", ["client_id"] = "shop", ["refresh_token"] = (string)tokens!["refresh_token"]! });

    public async Task<(bool Active, string? Username)> IntrospectAsync(string token)
    {
        var form = new Dictionary<string, string> { ["client_id"] = "crm", ["client_secret"] = DemoClients.CrmSecret, ["token"] = token };
        using var content = new FormUrlEncodedContent(form);
        using var response = await http.PostAsync($"{Keycloak.Issuer}/protocol/openid-connect/token/introspect", content);
        var body = await response.Content.ReadFromJsonAsync<JsonNode>();
        return ((bool)body!["active"]!, (string?)body["username"]);
    }

    public async Task<(int Status, string Body)> GetAsync(string url)
    {
        using var response = await http.GetAsync(url);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public async Task<JsonNode> JsonAsync(string url) => JsonNode.Parse((await GetAsync(url)).Body)!;

    public Task<HttpResponseMessage> RawAsync(HttpMethod method, string url) => http.SendAsync(new HttpRequestMessage(method, url));

    public async Task<string[]> UsernamesAsync(string query) =>
        [.. (await JsonAsync($"{Users}?{query}")).AsArray().Select(user => (string)user!["username"]!)];

    public async Task<(int Status, string Body, Uri? Location)> SendAsync(HttpMethod method, string url, string body)
    {
        using var request = new HttpRequestMessage(method, url) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        using var response = await http.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.Location);
    }

    public async Task<(int Status, string Body)> PutAsync(string id, string body)
    {
        var (status, answer, _) = await SendAsync(HttpMethod.Put, $"{Users}/{id}", body);
        return (status, answer);
    }

    public KeycloakUser Stored(string id) => Keycloak.Users.Single(u => u.Id == id);

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await Keycloak.DisposeAsync();
    }
}

/// <summary>A clock that a test moves.</summary>
internal sealed class HandClock : TimeProvider
{
    private DateTimeOffset now = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => now.Ticks;

    public void Advance(TimeSpan by) => now += by;
}
