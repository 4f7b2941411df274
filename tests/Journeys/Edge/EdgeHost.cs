using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using BillingMonolith.Host.Webhook;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;

namespace BillingMonolith.Journeys.Edge;

[CollectionDefinition(nameof(EdgeHost))]
public sealed class EdgeHostGroup : ICollectionFixture<EdgeHost>;

/// <summary>
/// Two hosts that take events in and leave the work to others, with a limit of five: one behind a proxy on 127.0.0.1 and with a public origin, and
/// one that knows of no proxy. Each test sends from addresses of its own.
/// </summary>
public sealed class EdgeHost(Cluster cluster) : IAsyncLifetime
{
    public const int Limit = 5;
    private static int senders;
    private static int events;

    private Journey journey = null!;

    internal HostProcess Behind { get; private set; } = null!;
    internal HostProcess Alone { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        journey = await Journey.StartAsync(cluster, hosts: 0, new()
        {
            ["Inbox__LocalWorkers"] = "0",
            ["Inbox__RemoteEvents"] = "0",
            ["Limits__WebhookPerMinute"] = Limit.ToString(CultureInfo.InvariantCulture),
        });
        Alone = await StartAsync(new());
        Behind = await StartAsync(new() { ["Access__KnownProxies__0"] = "127.0.0.1", ["Access__PublicOrigin"] = "https://billing.example.com" });
    }

    public ValueTask DisposeAsync() => journey.DisposeAsync();

    internal Task<HostProcess> StartAsync(Dictionary<string, string?> settings) => journey.World.StartHostAsync(settings);

    /// <summary>An address that no other case sends from.</summary>
    internal static string NewAddress() => string.Create(CultureInfo.InvariantCulture, $"198.51.100.{Interlocked.Increment(ref senders)}");

    internal static byte[] NewEvent() => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
        $$"""{"id":"evt_edge_{{Interlocked.Increment(ref events)}}","object":"event","type":"checkout.session.completed","created":1766167913}"""));

    internal Task<HttpResponseMessage> GoodAsync(HostProcess host, string? forwarded, string from = "127.0.0.1")
    {
        var body = NewEvent();
        return SendAsync(host, Webhook(body, StripeSignature.Sign(body, journey.World.WebhookSecret, TimeProvider.System.GetUtcNow())), forwarded, from);
    }

    internal static Task<HttpResponseMessage> BadAsync(HostProcess host, string? forwarded, string from = "127.0.0.1") =>
        SendAsync(host, Webhook(NewEvent(), "t=1,v1=00"), forwarded, from);

    internal static HttpRequestMessage Webhook(byte[] body, string signature)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/webhooks/stripe") { Content = new ByteArrayContent(body) };
        request.Headers.TryAddWithoutValidation("Stripe-Signature", signature);
        return request;
    }

    /// <param name="host">To whom.</param>
    /// <param name="request">With a path for an address.</param>
    /// <param name="forwarded">X-Forwarded-For.</param>
    /// <param name="from">The loopback address that the connection comes from.</param>
    internal static async Task<HttpResponseMessage> SendAsync(HostProcess host, HttpRequestMessage request, string? forwarded = null, string from = "127.0.0.1")
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectCallback = (to, end) => ConnectAsync(from, to, end) });
        request.RequestUri = new Uri(host.Url + request.RequestUri);
        if (forwarded is not null) request.Headers.TryAddWithoutValidation("X-Forwarded-For", forwarded);
        var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        await answer.Content.LoadIntoBufferAsync(TestContext.Current.CancellationToken);
        request.Dispose();
        return answer;
    }

    internal static async Task ShouldBeProblemAsync(HttpResponseMessage answer, HttpStatusCode status, string error)
    {
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        answer.StatusCode.ShouldBe(status, text);
        answer.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json");
        text.ShouldContain($"\"error\":\"{error}\"");
    }

    private static async ValueTask<Stream> ConnectAsync(string from, SocketsHttpConnectionContext to, CancellationToken end)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(new IPEndPoint(IPAddress.Parse(from).MapToIPv6(), 0));
        await socket.ConnectAsync(IPAddress.Parse(to.DnsEndPoint.Host).MapToIPv6(), to.DnsEndPoint.Port, end);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
