using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using BillingMonolith.Sandbox.Lago;

namespace BillingMonolith.Specs.Sandbox;

/// <summary>A clock that stands until it is moved.</summary>
internal sealed class LagoClock(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}

/// <summary>The stand-in over real HTTP, with the right key.</summary>
internal sealed class LagoWorld : IAsyncDisposable
{
    public const string Key = "2f1d5c1e-0000-4000-8000-00000000abcd";

    private LagoWorld(LagoStandIn lago, LagoClock clock) => (Lago, Clock) = (lago, clock);

    public LagoStandIn Lago { get; }

    public LagoClock Clock { get; }

    public HttpClient Http { get; private set; } = null!;

    public static async Task<LagoWorld> StartAsync()
    {
        var clock = new LagoClock(new DateTimeOffset(2025, 12, 19, 18, 11, 54, TimeSpan.Zero));
        var lago = new LagoStandIn(0, clock, Key);
        await lago.StartAsync();
        return new LagoWorld(lago, clock) { Http = Client(lago.Url, Key) };
    }

#pragma warning disable RS0030 // a test may own its HttpClient
    public static HttpClient Client(string url, string? key)
    {
        var http = new HttpClient { BaseAddress = new Uri($"{url}/api/v1/") };
        if (key is not null) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return http;
    }
#pragma warning restore RS0030

    public async Task<(int Status, JsonObject Body)> Send(HttpMethod method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await Http.SendAsync(request);
        return ((int)response.StatusCode, (await response.Content.ReadFromJsonAsync<JsonObject>())!);
    }

    public Task<(int Status, JsonObject Body)> Post(string path, string json) => Send(HttpMethod.Post, path, json);

    public Task<(int Status, JsonObject Body)> Get(string path) => Send(HttpMethod.Get, path);

    public Task<(int Status, JsonObject Body)> Delete(string path) => Send(HttpMethod.Delete, path);

    /// <summary>POST /subscriptions of user u-1, external id sub_1.</summary>
    public async Task<JsonObject> Subscribe(string plan, string customer = "u-1", string id = "sub_1")
    {
        var (status, body) = await Post("subscriptions",
            $$$"""{"subscription":{"external_customer_id":"{{{customer}}}","external_id":"{{{id}}}","plan_code":"{{{plan}}}","billing_time":"anniversary"}}""");
        status.ShouldBe(200, body.ToJsonString());
        return body["subscription"]!.AsObject();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Lago.DisposeAsync();
    }
}
