using System.Runtime.CompilerServices;
using BillingMonolith.Identity.Keycloak;
using BillingMonolith.SharedKernel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Refit;

[assembly: InternalsVisibleTo("BillingMonolith.Specs")]
[assembly: InternalsVisibleTo("BillingMonolith.Journeys")]

namespace BillingMonolith.Identity;

/// <summary>The room of identity: the users behind payers, and the tier that Keycloak shows for them.</summary>
public static class IdentityModule
{
    /// <summary>
    /// Registers the services of the room's handlers, and its health check. The Host scans the handlers, and gives the HTTP clients "keycloak" and
    /// "keycloak-health" their time limits and, for the former, retries.
    /// </summary>
    public static IServiceCollection AddIdentity(this IServiceCollection services, IConfiguration configuration)
    {
        services.Configure<KeycloakOptions>(configuration.GetSection(KeycloakOptions.Section));
        services.AddContext<IdentityContext>();
        services.AddHttpClient(KeycloakUsers.HttpClientName).ConfigureHttpClient(KeycloakRefit.Configure)
            // Outside of the caller's retries and breaker, because the request for a token passes through them itself.
            .ConfigureAdditionalHttpMessageHandlers((handlers, s) => handlers.Insert(0, new AccessTokenHandler(s.GetRequiredService<AccessToken>())));
        services.AddHttpClient(KeycloakHealth.HttpClientName).ConfigureHttpClient(KeycloakRefit.Configure);
        services.AddRefitGeneratedClient<IKeycloakUserClient>(Refit, KeycloakUsers.HttpClientName);
        services.AddRefitGeneratedClient<IKeycloakSetUpClient>(Refit, KeycloakUsers.HttpClientName);
        services.AddHealthChecks().AddCheck<KeycloakHealth>("keycloak", HealthStatus.Degraded);
        return services.AddSingleton<AccessToken>().AddTransient<KeycloakUsers>().AddTransient<TierProjection>().AddTransient<RealmSetUp>()
            .AddScoped<UserTiers>();
    }

    private static RefitSettings Refit(IServiceProvider services) => KeycloakRefit.Settings(services.GetRequiredService<IOptionsMonitor<KeycloakOptions>>());
}
