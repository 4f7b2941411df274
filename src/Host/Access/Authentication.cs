using BillingMonolith.Host.Neighbours;
using BillingMonolith.Identity;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OAuth;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Access;

/// <summary>The authentication of callers: by a bearer token when one is sent, otherwise by the browser's session.</summary>
internal static class Authentication
{
    private const string BearerOrSession = "BearerOrSession";

    public static IServiceCollection AddAccess(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddAuthentication(BearerOrSession)
            .AddPolicyScheme(BearerOrSession, displayName: null, o => o.ForwardDefaultSelector =
                context => context.Request.Headers.Authorization.Count > 0 ? BearerHandler.SchemeName : SessionHandler.SchemeName)
            .AddBearer()
            .AddScheme<AuthenticationSchemeOptions, SessionHandler>(SessionHandler.SchemeName, configureOptions: null)
            .AddOAuth<OAuthOptions, KeycloakLogin>(KeycloakLogin.SchemeName, ConfigureLogin);
        // A rotated client secret takes effect without a restart.
        services.AddSingleton<IOptionsChangeTokenSource<OAuthOptions>>(
            new ConfigurationChangeTokenSource<OAuthOptions>(KeycloakLogin.SchemeName, configuration));
        services.AddOptions<OAuthOptions>(KeycloakLogin.SchemeName).Configure<IOptionsMonitor<KeycloakOptions>, IHttpClientFactory>((login, monitor, http) =>
        {
            var keycloak = monitor.CurrentValue;
            login.ClientId = keycloak.ClientId;
            login.ClientSecret = keycloak.ClientSecret;
            login.AuthorizationEndpoint = $"{keycloak.Issuer}/protocol/openid-connect/auth";
            login.TokenEndpoint = $"{keycloak.RealmUrl}/protocol/openid-connect/token";
            login.Backchannel = http.CreateClient(KeycloakSession.HttpClientName);
        });

        services.AddDataProtection().SetApplicationName("BillingMonolith");
        services.AddOptions<KeyManagementOptions>().Configure<DataProtectionKeys>((keys, repository) => keys.XmlRepository = repository);
        return services.AddResilientClient(KeycloakSession.HttpClientName, retries: 0)
            .AddSingleton<DataProtectionKeys>().AddSingleton<KeycloakSession>().AddSingleton<Sessions>()
            .AddCrossSiteProtection().AddPolicies();
    }

    private static void ConfigureLogin(OAuthOptions login)
    {
        login.CallbackPath = KeycloakLogin.CallbackPath;
        login.SignInScheme = SessionHandler.SchemeName;
        login.UsePkce = true;
        foreach (var scope in (string[])["openid", "profile", "email"]) login.Scope.Add(scope);
        login.RemoteAuthenticationTimeout = TimeSpan.FromMinutes(15);
        login.CorrelationCookie.Name = "__Host-login.";
        login.CorrelationCookie.Path = "/";
        login.CorrelationCookie.SameSite = SameSiteMode.Lax; // Keycloak's redirect is a top-level GET
        login.CorrelationCookie.SecurePolicy = CookieSecurePolicy.Always;
        login.Events.OnRemoteFailure = LoginFailed.ShowAsync;
    }
}
