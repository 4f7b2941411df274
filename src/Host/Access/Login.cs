using System.Net;
using BillingMonolith.Identity;
using BillingMonolith.SharedKernel;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Access;

/// <summary>The browser's sign-in and sign-out. The callback in between, /signin-oidc, belongs to <see cref="KeycloakLogin"/>.</summary>
internal static class Login
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/login", SignIn).AllowAnonymous().ExcludeFromDescription();
        routes.MapPost("/logout", SignOutAsync).RequireAuthorization(Policies.SignedIn).ExcludeFromDescription();
    }

    private static IResult SignIn(HttpContext context, IOptions<AccessOptions> access)
    {
        if (access.Value.Origin is null)
            throw new RefusalException(HttpStatusCode.NotFound, "login-not-configured", "Browser login is not set up: set Access__PublicOrigin.");
        var wanted = context.Request.Query["return_url"];
        var goal = wanted.Count == 0 ? "/account" : wanted[0]!;
        // Only a path of ours: "//evil", "/\evil", "https:…" and control characters are refused. "~/" is too, because the framework would accept it.
        if (wanted.Count > 1 || !goal.StartsWith('/') || !RedirectHttpResult.IsLocalUrl(goal))
            throw new RefusalException(HttpStatusCode.BadRequest, "invalid-return-url", "return_url must be a path on this site, such as /account.");
        return Results.Challenge(new AuthenticationProperties { RedirectUri = goal }, [KeycloakLogin.SchemeName]);
    }

    /// <summary>Ends the session here, then at Keycloak, which sends the browser back.</summary>
    private static async Task<IResult> SignOutAsync(HttpContext context, IOptions<KeycloakOptions> keycloak, IOptions<AccessOptions> access)
    {
        var session = await context.AuthenticateAsync(SessionHandler.SchemeName);
        if (session.Ticket is null) return Results.LocalRedirect("/");
        await context.SignOutAsync(SessionHandler.SchemeName);
        return Results.Redirect(QueryHelpers.AddQueryString($"{keycloak.Value.Issuer}/protocol/openid-connect/logout", new Dictionary<string, string?>
        {
            ["client_id"] = keycloak.Value.ClientId,
            ["id_token_hint"] = SessionTokens.Of(session.Ticket).Id,
            ["post_logout_redirect_uri"] = new Uri(access.Value.Origin!, "/").AbsoluteUri,
        }));
    }
}
