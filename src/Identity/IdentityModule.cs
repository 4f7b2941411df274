using System.Runtime.CompilerServices;
using BillingMonolith.Identity.Keycloak;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

[assembly: InternalsVisibleTo("BillingMonolith.Specs")]

namespace BillingMonolith.Identity;

/// <summary>The identity room: who a payer is, and the tier that Keycloak shows for him.</summary>
public static class IdentityModule
{
    /// <summary>Registers what the room's handlers need. The Host scans them, and gives the HTTP client "keycloak" its time limits and retries.</summary>
    public static IServiceCollection AddIdentity(this IServiceCollection services, IConfiguration configuration)
    {
        services.Configure<KeycloakOptions>(configuration.GetSection(KeycloakOptions.Section));
        services.AddHttpClient(KeycloakClient.HttpClientName);
        return services.AddSingleton<AccessToken>().AddSingleton<KeycloakClient>().AddSingleton<TierProjection>();
    }
}
