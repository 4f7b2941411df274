using System.Net;
using System.Text.Json;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;

namespace BillingMonolith.Journeys.Edge;

/// <summary>What every answer carries, under which names there is one, and what the log has of it.</summary>
[Collection(nameof(EdgeHost))]
public sealed class AnswerTests(EdgeHost edge)
{
    private const string Known = "billing.example.com";

    private static readonly Dictionary<string, string> Always = new()
    {
        ["X-Content-Type-Options"] = "nosniff",
        ["Referrer-Policy"] = "same-origin",
        ["X-Frame-Options"] = "DENY",
        ["Cross-Origin-Opener-Policy"] = "same-origin",
        ["Cross-Origin-Resource-Policy"] = "same-origin",
        ["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=()",
        ["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains",
    };

    [Fact]
    public async Task Every_answer_tells_the_browser_what_not_to_do()
    {
        using var taken = await edge.GoodAsync(edge.Behind, EdgeHost.NewAddress());
        using var forged = await EdgeHost.BadAsync(edge.Behind, EdgeHost.NewAddress());
        using var method = await GetAsync("/webhooks/stripe");
        using var nothing = await GetAsync("/api/none");
        using var spoofed = await GetAsync("/api/none", "evil.example");
        using var page = await GetAsync("/none");
        using var live = await GetAsync("/health/live");
        foreach (var (answer, status) in ((HttpResponseMessage, int)[])
            [(taken, 200), (forged, 400), (method, 405), (nothing, 404), (spoofed, 400), (page, 404), (live, 200)])
        {
            ((int)answer.StatusCode).ShouldBe(status);
            foreach (var (name, value) in Always) One(answer, name).ShouldBe(value, $"{name} of a {status}");
            One(answer, "Content-Security-Policy").ShouldStartWith(answer == page ? "default-src 'self'; " : "default-src 'none'; frame-ancestors 'none'");
        }

        One(nothing, "Cache-Control").ShouldBe("no-store");
        method.Content.Headers.Allow.ShouldBe(["POST"]);
    }

    [Fact]
    public async Task Under_a_name_that_is_not_ours_there_is_an_answer_only_where_the_name_does_not_matter()
    {
        using var spoofed = await GetAsync("/api/none", "evil.example");
        await EdgeHost.ShouldBeProblemAsync(spoofed, HttpStatusCode.BadRequest, "unknown-host");
        foreach (var name in (string[])["localhost", "127.0.0.1:1", "[::1]", Known])
        {
            using var ours = await GetAsync("/api/none", name);
            ours.StatusCode.ShouldBe(HttpStatusCode.NotFound, name);
        }

        using var live = await GetAsync("/health/live", "10.1.2.3");
        live.StatusCode.ShouldBe(HttpStatusCode.OK, "an orchestrator asks by address");
        var request = EdgeHost.Webhook(EdgeHost.NewEvent(), "t=1,v1=00");
        request.Headers.Host = "evil.example";
        using var webhook = await EdgeHost.SendAsync(edge.Behind, request, EdgeHost.NewAddress());
        await EdgeHost.ShouldBeProblemAsync(webhook, HttpStatusCode.BadRequest, "invalid-signature");
    }

    [Fact]
    public async Task A_request_is_one_line_of_JSON_without_its_query_headers_or_body()
    {
        var address = EdgeHost.NewAddress();
        var request = new HttpRequestMessage(HttpMethod.Get, $"/api/%0A%7B%22{address}?code=SECRET");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer SECRET");
        using var answer = await EdgeHost.SendAsync(edge.Alone, request, from: "127.0.0.67");
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        await Journey.UntilAsync(() => Lines(edge.Alone, address).Count > 0, "the request is logged");

        using var line = JsonDocument.Parse(Lines(edge.Alone, address).ShouldHaveSingleItem());
        line.RootElement.GetProperty("Category").GetString().ShouldBe("BillingMonolith.Host.Requests");
        line.RootElement.GetProperty("LogLevel").GetString().ShouldBe("Information");
        var state = line.RootElement.GetProperty("State");
        state.GetProperty("Method").GetString().ShouldBe("GET");
        state.GetProperty("Path").GetString().ShouldBe($"/api/%0A%7B%22{address}");
        state.GetProperty("Status").GetInt32().ShouldBe(404);
        state.GetProperty("Milliseconds").GetDouble().ShouldBeGreaterThanOrEqualTo(0);
        state.GetProperty("RemoteAddress").GetString().ShouldBe("127.0.0.67");
        state.GetProperty("UserId").ValueKind.ShouldBe(JsonValueKind.Null);
        state.GetProperty("TraceId").GetString().ShouldBe(problem.RootElement.GetProperty("trace_id").GetString());
        edge.Alone.Log.ShouldNotContain(l => l.Contains("SECRET", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_webhook_is_logged_when_it_was_refused_and_not_when_it_was_taken()
    {
        var address = EdgeHost.NewAddress();
        using var taken = await edge.GoodAsync(edge.Behind, address);
        using var live = await EdgeHost.SendAsync(edge.Behind, new HttpRequestMessage(HttpMethod.Get, "/health/live"), address);
        using var refused = await EdgeHost.BadAsync(edge.Behind, address);
        await Journey.UntilAsync(() => Lines(edge.Behind, address).Count > 0, "the refusal is logged");
        using var line = JsonDocument.Parse(Lines(edge.Behind, address).ShouldHaveSingleItem());
        line.RootElement.GetProperty("State").GetProperty("Status").GetInt32().ShouldBe(400);
    }

    private static List<string> Lines(HostProcess host, string mark) => [.. host.Log.Where(l => l.Contains(mark, StringComparison.Ordinal))];

    private Task<HttpResponseMessage> GetAsync(string path, string name = Known)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Host = name;
        return EdgeHost.SendAsync(edge.Behind, request);
    }

    private static string One(HttpResponseMessage answer, string header) =>
        answer.Headers.TryGetValues(header, out var values) ? values.ShouldHaveSingleItem() : "";
}
