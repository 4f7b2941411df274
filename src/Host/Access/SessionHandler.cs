using System.Security.Claims;
using System.Text.Encodings.Web;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Http;
using BillingMonolith.SharedKernel;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Access;

/// <summary>
/// The browser's session: a cookie with a random key. Each sign-in makes a new one, whatever cookie came with it. (The framework's cookie handler would
/// keep the old key, which somebody else might know.)
/// </summary>
internal sealed class SessionHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory log, UrlEncoder encoder, Sessions sessions, UnitOfWork work)
    : SignInAuthenticationHandler<AuthenticationSchemeOptions>(options, log, encoder)
{
    public const string SchemeName = "Session";

    /// <summary>The prefix binds it to this very host, to https (or loopback) and to the whole path.</summary>
    public const string CookieName = "__Host-session";

    private static readonly CookieOptions Cookie = new() { HttpOnly = true, Secure = true, SameSite = SameSiteMode.Lax, Path = "/", IsEssential = true };

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Cookies[CookieName] is not { Length: > 0 and < 100 } key) return AuthenticateResult.NoResult();
        return await sessions.FindAsync(key, Context.RequestAborted) is { } ticket
            ? AuthenticateResult.Success(ticket)
            : AuthenticateResult.Fail("The session has ended.");
    }

    protected override async Task HandleSignInAsync(ClaimsPrincipal user, AuthenticationProperties? properties)
    {
        var connection = await work.OpenAsync(Context.RequestAborted);
        if (Request.Cookies[CookieName] is { } old) await Sessions.EndAsync(connection, old);
        var key = await sessions.StartAsync(connection, new AuthenticationTicket(user, properties, SchemeName));
        await CommitAsync("user.login", user);
        Response.Cookies.Append(CookieName, key, Cookie);
    }

    protected override async Task HandleSignOutAsync(AuthenticationProperties? properties)
    {
        if (Request.Cookies[CookieName] is { } key) await Sessions.EndAsync(await work.OpenAsync(Context.RequestAborted), key);
        await CommitAsync("user.logout", Context.User);
        Response.Cookies.Delete(CookieName, Cookie);
    }

    private Task CommitAsync(string action, ClaimsPrincipal user)
    {
        work.Actor = WhoAsks.ActorOf(user, Context);
        work.Record(new AuditEntry(action, "session", user.SessionId ?? "", Problem.TraceId(Context)));
        return work.CommitAsync(Context.RequestAborted);
    }

    /// <summary>A person who opened a page is sent to sign in and returns to it; every other request gets a 401.</summary>
    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (HttpMethods.IsGet(Request.Method) && !Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase)
            && Request.GetTypedHeaders().Accept.Any(a => a.MediaType == "text/html"))
        {
            Response.Redirect($"/login?return_url={Uri.EscapeDataString(Request.Path + Request.QueryString)}");
            return Task.CompletedTask;
        }

        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers.WWWAuthenticate = "Bearer";
        return Task.CompletedTask;
    }
}
