using BillingMonolith.Host.Startup;
using BillingMonolith.Journeys.Kit;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BillingMonolith.Journeys.Api;

/// <summary>A journey's database and neighbours with hosts inside the test, for what cannot be asked over HTTP: commands, also of the test's making.</summary>
internal sealed class TwoHosts : IAsyncDisposable
{
    private TwoHosts(Journey journey, WebApplication first, WebApplication second) => (Journey, First, Second) = (journey, first, second);

    public Journey Journey { get; }
    public WebApplication First { get; }
    public WebApplication Second { get; }

    public static async Task<TwoHosts> CreateAsync(Cluster cluster, Action<IServiceCollection>? change = null, params string[] settings)
    {
        var journey = await Journey.StartAsync(cluster, hosts: 0);
        return new TwoHosts(journey, New(journey, change, settings), New(journey, change, settings));
    }

    /// <summary>Sends a command in a scope of its own, as a request does.</summary>
    public static async Task<T> SendAsync<T>(WebApplication host, IRequest<T> command)
    {
        await using var scope = host.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(command);
    }

    public async ValueTask DisposeAsync()
    {
        await First.DisposeAsync();
        await Second.DisposeAsync();
        await Journey.DisposeAsync();
    }

    /// <summary>A host that is not started.</summary>
    public static WebApplication New(Journey journey, Action<IServiceCollection>? change, string[] settings)
    {
        var world = journey.World.Settings;
        var builder = App.Configure([
            "--Database:ConnectionString", journey.World.ConnectionString,
            "--Stripe:SecretKey", world["STRIPE_SECRET_KEY"]!,
            "--Stripe:WebhookSecret", world["STRIPE_WEBHOOK_SECRET"]!,
            "--Lago:Url", world["LAGO_API_URL"]!,
            "--Lago:ApiKey", world["LAGO_API_KEY"]!,
            "--Keycloak:Url", world["KEYCLOAK_URL"]!,
            "--Keycloak:Realm", world["KEYCLOAK_REALM"]!,
            "--Keycloak:ClientId", world["KEYCLOAK_CLIENT_ID"]!,
            "--Keycloak:ClientSecret", world["KEYCLOAK_CLIENT_SECRET"]!,
            "--Inbox:LocalWorkers", "0",
            "--Inbox:RemoteEvents", "0",
            .. settings,
        ]);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        change?.Invoke(builder.Services);
        return App.Build(builder);
    }
}
