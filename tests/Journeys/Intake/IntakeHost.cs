using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using BillingMonolith.Host.Webhook;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;
using Npgsql;

namespace BillingMonolith.Journeys.Intake;

[CollectionDefinition(nameof(IntakeHost))]
public sealed class IntakeHostGroup : ICollectionFixture<IntakeHost>;

/// <summary>
/// One host that takes events in and leaves the work to others, with three webhook secrets and a database with a password. Whatever is sent to it,
/// no answer and no line of its log may show a secret or a stack trace: that is checked when all cases have run.
/// </summary>
public sealed class IntakeHost(Cluster cluster) : IAsyncLifetime
{
    public const string CreditsSecret = "whsec_canary_of_the_credits_endpoint";
    public const string RotatedSecret = "whsec_canary_of_the_next_rotation";
    private const string StripeKeyCanary = "sk_test_canary_of_the_api_key";
    private static int events;

    private readonly HttpMessageInvoker http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 64 });
    private readonly List<string> answers = [];
    private Journey journey = null!;
    private HostProcess host = null!;

    internal Journey Journey => journey;

    public string Secret => journey.World.WebhookSecret;

    public async ValueTask InitializeAsync()
    {
        journey = await Journey.StartAsync(cluster, hosts: 0, new()
        {
            ["Inbox__LocalWorkers"] = "0",
            ["Inbox__RemoteEvents"] = "0",
            ["STRIPE_WEBHOOK_SECRET_CREDITS"] = CreditsSecret,
            ["Stripe__WebhookSecrets__0"] = RotatedSecret,
        });
        host = await journey.World.StartHostAsync(new Dictionary<string, string?> { ["STRIPE_SECRET_KEY"] = StripeKeyCanary });
    }

    public async ValueTask DisposeAsync()
    {
        host.Terminate();
        await host.WaitForExitAsync(CancellationToken.None);
        string[] canaries =
        [
            Secret, CreditsSecret, RotatedSecret, StripeKeyCanary, new NpgsqlConnectionStringBuilder(journey.World.ConnectionString).Password!,
            journey.World.Settings["LAGO_API_KEY"]!, journey.World.Settings["KEYCLOAK_CLIENT_SECRET"]!,
        ];
        foreach (var text in answers.Concat(host.Log))
        {
            foreach (var canary in canaries) text.ShouldNotContain(canary, Case.Insensitive, "I16: a secret is shown");
            // Kestrel itself warns of a connection that was reset at an awkward moment, with the socket's exception; nothing of ours is in it.
            if (!text.Contains("\"Category\":\"Microsoft.AspNetCore.Server.Kestrel\",\"Message\":\"Connection processing ended abnormally", StringComparison.Ordinal))
                text.ShouldNotContain("   at ", Case.Sensitive, $"a stack trace is shown: {text}");
        }

        await journey.DisposeAsync();
        http.Dispose();
    }

    /// <summary>An event that no other case has, of about this many bytes.</summary>
    internal static (string Id, byte[] Body) NewEvent(string type = "checkout.session.completed", int size = 0, string text = "x")
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"evt_intake_{Interlocked.Increment(ref events)}");
        var start = $$"""{"id":"{{id}}","object":"event","type":"{{type}}","created":1766167913,"livemode":false,"data":{"object":{"text":"{{text}}""";
        var body = Encoding.UTF8.GetBytes(start + "\"}}}");
        return (id, size <= body.Length ? body : Encoding.UTF8.GetBytes($"{start}{new string('x', size - body.Length)}\"}}}}}}"));
    }

    internal static string Signature(byte[] body, string secret, TimeSpan ago = default) => StripeSignature.Sign(body, secret, TimeProvider.System.GetUtcNow() - ago);

    /// <summary>Posts a body, signed unless the change sets something else.</summary>
    internal Task<Answer> PostAsync(byte[] body, string path = "/webhooks/stripe", Action<HttpRequestMessage>? change = null) =>
        SendAsync(HttpMethod.Post, path, new ByteArrayContent(body), Signature(body, Secret), change);

    internal async Task<Answer> SendAsync(
        HttpMethod method, string path, HttpContent? content = null, string? signature = null, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(method, journey.World.HostUrl + path) { Content = content };
        if (signature is not null) request.Headers.TryAddWithoutValidation("Stripe-Signature", signature);
        change?.Invoke(request);
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(CancellationToken.None);
        return Heard(new Answer((int)response.StatusCode, text)
        {
            Type = response.Content.Headers.ContentType?.MediaType,
            Allow = string.Join(',', response.Content.Headers.Allow),
        });
    }

    /// <summary>A connection of our own, for what an HTTP client does not send.</summary>
    internal async Task<RawConnection> ConnectAsync()
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync("127.0.0.1", new Uri(journey.World.HostUrl).Port, TestContext.Current.CancellationToken);
        return new RawConnection(client, Heard);
    }

    internal async Task ShouldBeStoredAsync(string id, byte[] body) =>
        (await journey.ScalarAsync<string>("SELECT encode(sha256(payload), 'hex') FROM inbox_events WHERE id = @id", new { id }))
            .ShouldBe(Convert.ToHexStringLower(SHA256.HashData(body)), $"I1: {id} is stored byte by byte");

    internal Task<long> StoredAsync() => journey.CountAsync("inbox_events");

    private Answer Heard(Answer answer)
    {
        lock (answers) answers.Add(answer.ToString());
        return answer;
    }
}

/// <summary>What a host answered.</summary>
internal sealed record Answer(int Status, string Body)
{
    public string? Type { get; init; }
    public string Allow { get; init; } = "";

    public void ShouldBeProblem(int status, string error, string? detail = null)
    {
        Status.ShouldBe(status, Body);
        Type.ShouldBe("application/problem+json");
        using var problem = System.Text.Json.JsonDocument.Parse(Body);
        problem.RootElement.GetProperty("status").GetInt32().ShouldBe(status);
        problem.RootElement.GetProperty("error").GetString().ShouldBe(error);
        if (detail is not null) problem.RootElement.GetProperty("detail").GetString().ShouldBe(detail);
    }

    public void ShouldAcknowledge(string eventId, string status)
    {
        Status.ShouldBe(200, Body);
        Type.ShouldBe("application/json");
        Body.ShouldBe($$"""{"received":true,"ok":true,"status":"{{status}}","event_id":"{{eventId}}"}""");
    }
}
