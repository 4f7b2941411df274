using System.Globalization;
using System.Net;
using System.Net.Sockets;
using BillingMonolith.Sandbox.Keycloak;
using BillingMonolith.Sandbox.Lago;
using BillingMonolith.Sandbox.Smtp;
using BillingMonolith.Sandbox.Webhooks;
using Npgsql;

namespace BillingMonolith.Sandbox;

/// <summary>
/// A whole world on loopback: a database, stand-ins for Stripe, Lago and Keycloak, and hosts that are configured against them as in
/// production. The demo shows it; the tests break it.
/// </summary>
internal sealed class World : IAsyncDisposable
{
    private const string Realm = "demo";
    private const string ClientId = "billing";
    private const string ClientSecret = "keycloak-client-secret-of-the-sandbox";
    private const string LagoKey = "lago-api-key-of-the-sandbox";
    private readonly Dictionary<string, string?> settings;
    private readonly List<HostProcess> hosts = [];

    private World(string connectionString, SandboxClock clock, Ports ports, IReadOnlyDictionary<string, string?>? extra)
    {
        ConnectionString = connectionString;
        Clock = clock;
        clock.Advanced += (_, _) => Follow(); // before the stand-ins hear of it, and send what fell due
        HostUrl = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{ports.Host}");
        Stripe = new StripeStandIn(ports.Stripe, clock) { OrdersReturnTo = HostUrl + "/order/checkout-session-success" };
        Lago = new LagoStandIn(ports.Lago, clock, LagoKey);
        // In real time, as the host is: it judges when a token was issued and when it ends.
        Keycloak = new KeycloakStandIn(ports.Keycloak, TimeProvider.System, Realm, ClientId, ClientSecret);
        Keycloak.Register(HostUrl);
        Mail = new SmtpStandIn(ports.Mail, clock);
        Receiver = new WebhookReceiver(ports.Receiver, clock);
        settings = new Dictionary<string, string?>(extra ?? new Dictionary<string, string?>());
    }

    /// <summary>The owner's connection string of the world's database.</summary>
    public string ConnectionString { get; }
    public SandboxClock Clock { get; }
    public StripeStandIn Stripe { get; }
    public LagoStandIn Lago { get; }
    public KeycloakStandIn Keycloak { get; }
    public SmtpStandIn Mail { get; }
    /// <summary>Somebody's endpoint for webhooks; it hears what an administrator lets it hear.</summary>
    public WebhookReceiver Receiver { get; }
    /// <summary>Where the first host listens and Stripe delivers to.</summary>
    public string HostUrl { get; }
    public string WebhookSecret { get; private set; } = "";
    public IReadOnlyList<HostProcess> Hosts => hosts;
    public HostProcess Host => hosts[0];

    /// <summary>Starts everything but hosts.</summary>
    /// <param name="connectionString">A database, empty or migrated.</param>
    /// <param name="ports">Where to listen; null = wherever is free.</param>
    /// <param name="extra">More settings of the hosts: <c>Inbox__FirstDelaySeconds</c> …</param>
    public static async Task<World> CreateAsync(string connectionString, Ports? ports = null, IReadOnlyDictionary<string, string?>? extra = null)
    {
        var world = new World(connectionString, new SandboxClock(), ports ?? Ports.Free(), extra);
        await Task.WhenAll(world.Stripe.StartAsync(), world.Lago.StartAsync(), world.Keycloak.StartAsync(),
            world.Mail.StartAsync(), world.Receiver.StartAsync());
        world.Stripe.SeedCatalogue();
        world.Stripe.Shop([.. DemoUsers.All.Select(u => new ShopUser(u.Id, $"{u.FirstName} {u.LastName}", u.Email ?? ""))]);
        world.WebhookSecret = world.Stripe.AddWebhookEndpoint($"{world.HostUrl}/webhooks/stripe");
        return world;
    }

    /// <summary>Starts a host: the first where Stripe delivers to, another one anywhere.</summary>
    public async Task<HostProcess> StartHostAsync(IReadOnlyDictionary<string, string?>? extra = null, CancellationToken cancellationToken = default)
    {
        var url = hosts.Exists(h => !h.HasExited && h.Url == HostUrl) ? "http://127.0.0.1:0" : HostUrl;
        var environment = new Dictionary<string, string?>(Settings) { ["ASPNETCORE_URLS"] = url };
        foreach (var (key, value) in extra ?? new Dictionary<string, string?>()) environment[key] = value;
        var host = await HostProcess.StartAsync(environment, cancellationToken);
        hosts.Add(host);
        return host;
    }

    /// <summary>A host's environment, with the names that existing deployments use.</summary>
    public IReadOnlyDictionary<string, string?> Settings => new Dictionary<string, string?>(settings)
    {
        ["DATABASE_URL"] = settings.GetValueOrDefault("DATABASE_URL") ?? ConnectionString,
        ["Access__PublicOrigin"] = settings.GetValueOrDefault("Access__PublicOrigin") ?? HostUrl,
        ["STRIPE_SECRET_KEY"] = Stripe.ApiKey,
        ["STRIPE_WEBHOOK_SECRET"] = WebhookSecret,
        ["Stripe__ApiBase"] = Stripe.Url,
        ["LAGO_API_URL"] = Lago.Url,
        ["LAGO_API_KEY"] = LagoKey,
        ["KEYCLOAK_URL"] = Keycloak.Url,
        ["KEYCLOAK_REALM"] = Realm,
        ["KEYCLOAK_CLIENT_ID"] = ClientId,
        ["KEYCLOAK_CLIENT_SECRET"] = ClientSecret,
        ["Mail__SmtpUrl"] = settings.GetValueOrDefault("Mail__SmtpUrl", Mail.SmtpUrl),
        ["Mail__StartTls"] = settings.GetValueOrDefault("Mail__StartTls", "None"),
        ["Mail__From"] = "Example Studio <billing@example.com>",
        ["Webhooks__AllowPrivateNetworks"] = settings.GetValueOrDefault("Webhooks__AllowPrivateNetworks", "true"),
    };

    /// <summary>The hosts' calendar is the database's: it runs ahead with this world's clock.</summary>
    private void Follow()
    {
        using var connection = new NpgsqlConnection(ConnectionString);
        connection.Open();
        using var move = new NpgsqlCommand("UPDATE billing_clock SET ahead = @ahead", connection) { Parameters = { new("ahead", Clock.Offset) } };
        move.ExecuteNonQuery();
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(hosts.Select(h => h.DisposeAsync().AsTask()));
        await Stripe.DisposeAsync();
        await Lago.DisposeAsync();
        await Keycloak.DisposeAsync();
        await Mail.DisposeAsync();
        await Receiver.DisposeAsync();
    }
}

/// <summary>Where a world listens; 0 = anywhere.</summary>
internal sealed record Ports(int Host, int Stripe, int Lago, int Keycloak, int Mail, int Receiver)
{
    // Below what Linux hands out to outgoing connections: the host listens later than its port is chosen, and again after it was killed.
    private const int Lowest = 20_000;
    private const int Count = 10_000;
    private static int next = Environment.ProcessId * 101;

    public static Ports Free() => new(FreeOr(null), 0, 0, 0, 0, 0);

    /// <summary>Neighbouring ports from this one on, where they are free.</summary>
    public static Ports From(int first) => new(
        FreeOr(first), FreeOr(first + 1), FreeOr(first + 2), FreeOr(first + 3), FreeOr(first + 4), FreeOr(first + 5));

    private static int FreeOr(int? wanted)
    {
        var port = wanted ?? Lowest + (int)((uint)Interlocked.Increment(ref next) % Count);
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, port);
            probe.Start();
            return port;
        }
        catch (SocketException)
        {
            return FreeOr(null);
        }
    }
}
