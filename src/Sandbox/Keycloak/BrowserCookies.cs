namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>
/// What the realm keeps in a browser: who is signed in, and that a login form was shown to it. Cookies of a loopback address go to all its ports,
/// so the realm's path keeps them from the other stand-ins and the host.
/// </summary>
internal sealed class BrowserCookies(Realm realm)
{
    private const string Identity = "KEYCLOAK_IDENTITY";
    private const string AuthSession = "AUTH_SESSION_ID";

    private CookieOptions Options => new() { HttpOnly = true, SameSite = SameSiteMode.Lax, Path = $"/realms/{realm.Name}/" };

    /// <summary>The session of this browser, while it lives.</summary>
    public UserSession? Session(HttpContext context) => realm.Sessions.OfBrowser(context.Request.Cookies[Identity]);

    public void Remember(HttpContext context, UserSession session) => context.Response.Cookies.Append(Identity, session.BrowserKey, Options);

    public void Forget(HttpContext context) => context.Response.Cookies.Delete(Identity, Options);

    /// <summary>One per browser; its tabs differ by the code in the form's address.</summary>
    public string StartLogin(HttpContext context)
    {
        if (Login(context) is { Length: > 0 } known) return known;
        var browser = UserSession.Unguessable(32);
        context.Response.Cookies.Append(AuthSession, browser, Options);
        return browser;
    }

    public string? Login(HttpContext context) => context.Request.Cookies[AuthSession];
}
