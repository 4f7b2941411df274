using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Sandbox;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stripe;

namespace BillingMonolith.Specs.Sandbox;

/// <summary>One webhook as it came in.</summary>
internal sealed record Received(string Signature, string UserAgent, string? ContentType, byte[] Body)
{
    public JsonObject Event => JsonNode.Parse(Body)!.AsObject();
    public string Type => Event.Name("type");
    public string Id => Event.Name("id");
}

/// <summary>An endpoint that keeps what it receives and answers what the test has scripted, 200 when nothing is left.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly Channel<Received> arrivals = Channel.CreateUnbounded<Received>();

    private Receiver(WebApplication app) => this.app = app;

    public string Url { get; private set; } = "";
    public ConcurrentQueue<int> Script { get; } = new();
    public ConcurrentQueue<Received> All { get; } = new();

    public static async Task<Receiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var receiver = new Receiver(builder.Build());
        receiver.app.Run(receiver.TakeAsync);
        await receiver.app.StartAsync();
        receiver.Url = receiver.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/hook";
        return receiver;
    }

    public async Task<Received> NextAsync() => await arrivals.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var received = new Received(
            context.Request.Headers["Stripe-Signature"]!, context.Request.Headers.UserAgent!, context.Request.ContentType, body.ToArray());
        All.Enqueue(received);
        context.Response.StatusCode = Script.TryDequeue(out var status) ? status : 200;
        if (context.Response.StatusCode is >= 300 and < 400) context.Response.Headers.Location = "/elsewhere";
        await context.Response.CompleteAsync();
        arrivals.Writer.TryWrite(received);
    }
}

/// <summary>A stand-in with its catalogue, a clock, a client with the key and (on demand) a receiver.</summary>
internal sealed class StripeWorld : IAsyncDisposable
{
    public static readonly ShopUser Ada = new("7f4f1a1e-5d0c-4d0a-9d11-2f0a6c3b7e55", "Ada", "ada@example.test");

    private readonly List<IAsyncDisposable> owned = [];

    private StripeWorld()
    {
        Clock = new SandboxClock();
        Stripe = new StripeStandIn(0, Clock);
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
    }

    public SandboxClock Clock { get; }
    public StripeStandIn Stripe { get; }
    public HttpClient Http { get; }

    /// <param name="seeded">False = an account in which nobody has set anything up.</param>
    public static async Task<StripeWorld> StartAsync(bool seeded = true)
    {
        var world = new StripeWorld();
        await world.Stripe.StartAsync();
        if (seeded) world.Stripe.SeedCatalogue();
        world.Stripe.Shop([Ada]);
        world.Stripe.Courier.FirstWait = TimeSpan.FromMilliseconds(20);
        world.Http.BaseAddress = new Uri(world.Stripe.Url);
        return world;
    }

    public async Task<(Receiver Receiver, string Secret)> ListenAsync(string version = StripeRendering.Endive)
    {
        var receiver = await Receiver.StartAsync();
        owned.Add(receiver);
        return (receiver, Stripe.AddWebhookEndpoint(receiver.Url, version));
    }

    /// <summary>A call of the API with the key; <paramref name="form"/> goes into the body, or into the query of a GET.</summary>
    public async Task<(int Status, JsonObject Body, HttpResponseHeaders Headers)> CallAsync(
        string method, string path, string form = "", string? idempotencyKey = null, string? version = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), method == "POST" ? path : $"{path}?{form}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Stripe.ApiKey);
        if (idempotencyKey is not null) request.Headers.Add("Idempotency-Key", idempotencyKey);
        if (version is not null) request.Headers.Add("Stripe-Version", version);
        if (method == "POST") request.Content = new StringContent(form, new MediaTypeHeaderValue("application/x-www-form-urlencoded"));
        using var response = await Http.SendAsync(request);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject(), response.Headers);
    }

    public async Task<HttpResponseMessage> ClickAsync(string path, params (string Name, string Value)[] fields)
    {
        using var form = new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value)));
        return await Http.PostAsync(path, form);
    }

    /// <summary>The product's own client.</summary>
    public IStripeClient Client => new GuardedStripeClient(Http, Stripe.ApiKey, retries: 0);

    /// <summary>The events of a type as the product reads them, oldest first.</summary>
    public IEnumerable<Event> Read(string type) => Stripe.Events.Where(e => e.Type == type).Select(e => StripeEventReader.Read(e.Bytes()));

    /// <summary>What the events of a type say of the values before, oldest first.</summary>
    public IEnumerable<JsonObject> Previous(string type) =>
        Stripe.Events.Where(e => e.Type == type).Select(e => JsonNode.Parse(e.Bytes())!["data"]!["previous_attributes"]!.AsObject());

    public IEnumerable<string> Types => Stripe.Events.Select(e => e.Type);

    public async ValueTask DisposeAsync()
    {
        await Stripe.DisposeAsync();
        foreach (var thing in owned) await thing.DisposeAsync();
        Http.Dispose();
    }
}
