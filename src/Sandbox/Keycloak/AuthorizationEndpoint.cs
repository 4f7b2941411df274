using System.Collections.Concurrent;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>The browser's way in: who is signed in already passes, others see the login page.</summary>
internal sealed class AuthorizationEndpoint(Realm realm, AuthorizationCodes codes, BrowserCookies cookies)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);
    private readonly ConcurrentDictionary<string, Attempt> attempts = new(StringComparer.Ordinal);

    public IResult Begin(HttpContext context)
    {
        var request = AuthorizationRequest.Read(realm, context.Request.Query);
        if (request.Prompt != "login" && cookies.Session(context) is { } session && realm.Users.TryFind(session.UserId) is { Enabled: true })
            return Complete(session, request, acr: "0"); // Keycloak's word for "not asked now"
        if (request.Prompt == "none") throw request.Refuse("login_required");

        var attempt = new Attempt(request, cookies.StartLogin(context), realm.Time.GetUtcNow() + Patience);
        var code = UserSession.Unguessable(32);
        attempts[code] = attempt;
        return LoginPage.Show(realm, request, Action(code, request), request.LoginHint);
    }

    /// <summary>The form comes back. Only the browser that was given the form may send it: the cookie and the code in its address belong together.</summary>
    public async Task<IResult> AuthenticateAsync(HttpContext context)
    {
        var code = context.Request.Query["session_code"].ToString();
        if (!attempts.TryGetValue(code, out var attempt) || attempt.Ends < realm.Time.GetUtcNow() || attempt.Browser != cookies.Login(context))
            throw Refusal.Page("Your login attempt timed out, or was started in another browser. Go back to the application and sign in again.");

        var form = context.Request.HasFormContentType ? await context.Request.ReadFormAsync(context.RequestAborted) : FormCollection.Empty;
        var username = form["username"].ToString().Trim();
        IResult Again(string error) => LoginPage.Show(realm, attempt.Request, Action(code, attempt.Request), username, error);
        if (realm.Users.Authenticate(username, form["password"]) is not { } user) return Again("Invalid username or password.");
        if (!user.Enabled) return Again("Account is disabled, contact your administrator.");

        var session = cookies.Session(context);
        if (session is not null && session.UserId != user.Id)
            throw Refusal.Page("You are already signed in as another user in this browser. Sign out first.");
        if (!attempts.TryRemove(code, out _)) throw Refusal.Page("This form has been used. Go back to the application and sign in again.");
        session ??= realm.Sessions.Start(user.Id);
        session.AuthenticatedAt = realm.Time.GetUtcNow();
        cookies.Remember(context, session);
        return Complete(session, attempt.Request, acr: "1");
    }

    private IResult Complete(UserSession session, AuthorizationRequest request, string acr)
    {
        session.SeenAt = realm.Time.GetUtcNow();
        var login = new Login(session, session.Attach(request.Client), request.Scope, acr, request.Nonce);
        return request.Answer(("session_state", session.Id), ("code", codes.Issue(login, request)));
    }

    private string Action(string code, AuthorizationRequest request) =>
        $"{realm.Issuer}/login-actions/authenticate?session_code={code}&client_id={Uri.EscapeDataString(request.Client.Id)}";

    private sealed record Attempt(AuthorizationRequest Request, string Browser, DateTimeOffset Ends);
}
