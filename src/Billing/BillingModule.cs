using System.Runtime.CompilerServices;
using BillingMonolith.Billing.Lago;
using BillingMonolith.SharedKernel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Refit;

[assembly: InternalsVisibleTo("BillingMonolith.Specs")]
[assembly: InternalsVisibleTo("BillingMonolith.Journeys")]

namespace BillingMonolith.Billing;

/// <summary>The room of billing: Lago customers and subscriptions, the catalogue of tiers, our own copy of the subscription's state.</summary>
public static class BillingModule
{
    /// <summary>
    /// Adds the options of the section <c>Lago</c>, and the clients behind the named HttpClients <c>lago</c> and <c>lago-look</c>, to which the Host adds
    /// time-outs, retries and the breaker. Adds the health check behind <c>lago-health</c>, which has time-outs alone.
    /// The Host finds handlers and validators in the assembly of <see cref="SyncSubscription"/>.
    /// </summary>
    public static IServiceCollection AddBilling(this IServiceCollection services, IConfiguration configuration)
    {
        services.Configure<LagoOptions>(configuration.GetSection(LagoOptions.Section));
        services.AddRefitGeneratedClient<ILagoApi>(LagoRefit.Settings, LagoClient.Name).ConfigureHttpClient(LagoRefit.Configure);
        services.AddHttpClient(LagoLook.ClientName).ConfigureHttpClient(LagoRefit.Configure).AddHttpMessageHandler(() => new OnlyLooking());
        services.AddHttpClient(LagoHealth.HttpClientName).ConfigureHttpClient(LagoRefit.Configure);
        services.AddHealthChecks().AddCheck<LagoHealth>("lago", HealthStatus.Degraded);
        services.AddContext<BillingContext>();
        services.AddTransient<LagoClient>().AddTransient<LagoMirror>().AddTransient<LagoLook>();
        services.AddScoped<TierRows>();
        return services;
    }
}
