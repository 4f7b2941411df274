using BillingMonolith.Host.Neighbours;
using BillingMonolith.Identity;
using BillingMonolith.Identity.Keycloak;
using BillingMonolith.Sandbox.Keycloak;
using BillingMonolith.Specs.Sandbox;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BillingMonolith.Specs.Identity;

/// <summary>The identity module as the Host composes it, against the Keycloak stand-in over HTTP; no database.</summary>
internal sealed class IdentityWorld : IAsyncDisposable
{
    public const string Secret = "canary-secret+&=%";

    private readonly ServiceProvider services;

    private IdentityWorld(KeycloakStandIn keycloak, HandClock clock, Dictionary<string, string?> settings, bool asInTheHost)
    {
        (Keycloak, Clock) = (keycloak, clock);
        var collection = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(clock);
        if (asInTheHost) collection.AddNeighbour("keycloak", retries: 2);
        services = collection.AddIdentity(new ConfigurationBuilder().AddInMemoryCollection(
            new Dictionary<string, string?>
            {
                ["Keycloak:Url"] = keycloak.Url + "/", ["Keycloak:Realm"] = "uchub", ["Keycloak:ClientId"] = "billing", ["Keycloak:ClientSecret"] = Secret,
            }).AddInMemoryCollection(settings).Build()).BuildServiceProvider();
    }

    public KeycloakStandIn Keycloak { get; }

    public HandClock Clock { get; }

    public AccessToken Token => services.GetRequiredService<AccessToken>();

    public KeycloakUsers Client => services.GetRequiredService<KeycloakUsers>();

    public IKeycloakSetUpClient Admin => services.GetRequiredService<IKeycloakSetUpClient>();

    public RealmSetUp SetUp => services.GetRequiredService<RealmSetUp>();

    public TierProjection Projection => services.GetRequiredService<TierProjection>();

    /// <summary>The room's health check, run as the Host runs it.</summary>
    public async Task<HealthReportEntry> HealthAsync() =>
        (await services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["keycloak"];

    /// <param name="declared">Whether the realm's profile has the six attributes.</param>
    /// <param name="clientSecret">What Keycloak takes the client's secret to be.</param>
    /// <param name="settings">Settings beside the usual ones.</param>
    /// <param name="asInTheHost">With limits, retries and the breaker.</param>
    public static async Task<IdentityWorld> StartAsync(
        bool declared = true, string clientSecret = Secret, Dictionary<string, string?>? settings = null, bool asInTheHost = false)
    {
        var clock = new HandClock();
        var keycloak = new KeycloakStandIn(0, clock, "uchub", "billing", clientSecret) { DeclareSubscriptionAttributes = declared };
        await keycloak.StartAsync();
        return new IdentityWorld(keycloak, clock, settings ?? [], asInTheHost);
    }

    public KeycloakUser Stored(string id) => Keycloak.Users.Single(u => u.Id == id);

    public int Puts => Keycloak.Journal.Count(r => r.Method == "PUT");

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        await Keycloak.DisposeAsync();
    }
}
