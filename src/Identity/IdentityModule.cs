using System.Runtime.CompilerServices;
using BillingMonolith.Audit;
using BillingMonolith.Identity.Keycloak;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

[assembly: InternalsVisibleTo("BillingMonolith.Specs")]
[assembly: InternalsVisibleTo("BillingMonolith.Journeys")]

namespace BillingMonolith.Identity;

/// <summary>The identity room: who a payer is, and the tier that Keycloak shows for him.</summary>
public static class IdentityModule
{
    /// <summary>
    /// Registers what the room's handlers need, and its health check. The Host scans the handlers, and gives the HTTP clients "keycloak" and
    /// "keycloak-health" their time limits and, for the former, retries.
    /// </summary>
    public static IServiceCollection AddIdentity(this IServiceCollection services, IConfiguration configuration)
    {
        services.Configure<KeycloakOptions>(configuration.GetSection(KeycloakOptions.Section));
        services.AddContext<IdentityContext>();
        services.AddHttpClient(KeycloakClient.HttpClientName);
        services.AddHealthChecks().AddCheck<KeycloakHealth>("keycloak", HealthStatus.Degraded);
        return services.AddSingleton<AccessToken>().AddSingleton<KeycloakClient>().AddSingleton<TierProjection>().AddSingleton<RealmSetUp>()
            .AddScoped<UserTiers>();
    }
}
