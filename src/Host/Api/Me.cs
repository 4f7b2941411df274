using BillingMonolith.Host.Access;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Http;
using Microsoft.AspNetCore.Antiforgery;

namespace BillingMonolith.Host.Api;

/// <summary>The caller, as the service sees them.</summary>
/// <param name="UserId">The Keycloak user id (<c>sub</c>), the key of purchases and credits.</param>
/// <param name="Username">The name to sign in with.</param>
/// <param name="Name">The full name, when the realm has one.</param>
/// <param name="Email">For display only, because no decision depends on it.</param>
/// <param name="EmailVerified">Whether Keycloak has verified it.</param>
/// <param name="Roles">The realm roles.</param>
/// <param name="Scopes">The scopes of the token.</param>
/// <param name="IsService">A service with client credentials instead of a person.</param>
/// <param name="CsrfToken">With a session: the value that state changes must send in the header X-CSRF-Token.</param>
internal sealed record Me(
    string UserId, string? Username, string? Name, string? Email, bool EmailVerified, IReadOnlyList<string> Roles, IReadOnlyList<string> Scopes,
    bool IsService, string? CsrfToken)
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/me", Of).RequireAuthorization(Policies.SignedIn)
            .WithName("getMe").WithTags("Account").WithSummary("Who am I")
            .WithDescription("Whom the service takes you for, and with a browser session the token that requests which change something must send.")
            .WithMetadata(new Example(Response: """
                {"user_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "username": "ada", "name": "Ada Lovelace", "email": "ada@example.com",
                  "email_verified": true, "roles": ["billing-admin"], "scopes": ["openid", "email", "profile"], "is_service": false, "csrf_token": null}
                """));

    private static Me Of(HttpContext context, IAntiforgery antiforgery)
    {
        var caller = context.User;
        return new Me(
            caller.UserId!, caller.Username, Value("name"), Value("email"), Value("email_verified") == "true",
            [.. caller.FindAll("role").Select(c => c.Value)], [.. caller.FindAll("scope").Select(c => c.Value)], caller.IsService,
            caller.Identity!.AuthenticationType == SessionHandler.SchemeName ? antiforgery.GetAndStoreTokens(context).RequestToken : null);

        string? Value(string type) => caller.FindFirst(type)?.Value;
    }
}
