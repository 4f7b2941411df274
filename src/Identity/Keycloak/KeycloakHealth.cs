using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Refit;

namespace BillingMonolith.Identity.Keycloak;

/// <summary>
/// Whether tiers can be set, and by nobody but us: the realm exists and names the expected issuer, our client gets a token, its service account
/// sees and may change users, and the user profile keeps our attributes. It fetches a fresh token, so that a changed secret shows at once.
/// </summary>
internal sealed class KeycloakHealth(IHttpClientFactory http, IOptionsMonitor<KeycloakOptions> options, TimeProvider time) : IHealthCheck
{
    /// <summary>A client of its own: the Host gives it neither the retries nor the breaker of the work.</summary>
    public const string HttpClientName = "keycloak-health";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var failed = context.Registration.FailureStatus;
        try
        {
            var problems = await ProblemsAsync(cancellationToken);
            return problems.Count == 0 ? HealthCheckResult.Healthy() : new HealthCheckResult(failed, string.Join(' ', problems));
        }
        catch (KeycloakException e)
        {
            return new HealthCheckResult(failed, e.Message);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            var why = e is OperationCanceledException ? "in time" : $"({e.Message})";
            return new HealthCheckResult(failed, $"Keycloak at {options.CurrentValue.Url} does not answer {why}. Is it up, and is Keycloak:Url right? "
                + "Tiers are set when it is back; nothing is lost.");
        }
    }

    private async Task<List<string>> ProblemsAsync(CancellationToken cancellationToken)
    {
        var settings = KeycloakRefit.Settings(options);
        var token = new AccessToken(http, options, time, HttpClientName);
        settings.AuthorizationHeaderValueGetter = async (_, cancelled) => await token.GetAsync(cancelled);
        var problems = new List<string>();
        if (await IssuerAsync(cancellationToken) is { } issuer) problems.Add(issuer);
        if (await UsersAsync(Client<IKeycloakUserClient>(settings), cancellationToken) is { } users) problems.Add(users);
        try
        {
            var profile = await Client<IKeycloakSetUpClient>(settings).GetUserProfileAsync(options.CurrentValue.Realm, cancellationToken);
            problems.AddRange(RealmProfile.Problems(profile ?? throw KeycloakException.Wrong("GET", "/users/profile", "with a profile")));
        }
        catch (KeycloakException e) when (problems.Count > 0)
        {
            problems.Add(e.Message); // in addition to the other findings
        }

        return problems;
    }

    private T Client<T>(RefitSettings settings) => RestService.ForGenerated<T>(http.CreateClient(HttpClientName), settings);

    private async Task<string?> IssuerAsync(CancellationToken cancellationToken)
    {
        var settings = options.CurrentValue;
        using var response = await http.CreateClient(HttpClientName)
            .GetAsync(new Uri($"{settings.RealmUrl}/.well-known/openid-configuration"), cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw await KeycloakException.ReadAsync(
                response, $"Check Keycloak:Url ('{settings.Url}') and Keycloak:Realm ('{settings.Realm}').", cancellationToken);
        }

        var issuer = (await KeycloakException.ReadJsonAsync(response, cancellationToken)).Text("issuer");
        return issuer == settings.Issuer
            ? null
            : $"Keycloak calls itself '{issuer}' in its tokens, and '{settings.Issuer}' is expected, so every login would be refused: set Keycloak__PublicUrl "
                + "to what stands before /realms in the former, or KC_HOSTNAME at Keycloak to what stands there in the latter.";
    }

    private async Task<string?> UsersAsync(IKeycloakUserClient keycloak, CancellationToken cancellationToken)
    {
        var (realm, give) = (options.CurrentValue.Realm, $"give the service account of client '{options.CurrentValue.ClientId}'");
        var users = await keycloak.GetUsersAsync(realm, new GetUsersRequestParameters { Max = 1, BriefRepresentation = true }, cancellationToken);
        if (users is null or [null, ..]) throw KeycloakException.Wrong("GET", "/users", "with a list of users");
        if (users is [{ } first, ..])
        {
            return first.Access?.TryGetValue("manage", out var may) == true && !may
                ? $"The service account may not change users: {give} the role manage-users of the client realm-management."
                : null;
        }

        // With query-users alone the list is empty and not forbidden; the count distinguishes that from a realm without users.
        var many = await keycloak.GetUserCountAsync(realm, cancellationToken) ?? throw KeycloakException.Wrong("GET", "/users/count", "with a number");
        return many > 0
            ? $"Keycloak shows none of its {many} users to us: {give} the role view-users of the client realm-management."
            : null;
    }
}
