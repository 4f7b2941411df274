using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using static BillingMonolith.Sandbox.Layout;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>The browser's way out (RP-initiated logout). Without a proof that a client of ours sent the browser, the person is asked first.</summary>
internal sealed class LogoutEndpoint(Realm realm, BackchannelLogout logout, BrowserCookies cookies)
{
    private readonly ConcurrentDictionary<string, Question> questions = new(StringComparer.Ordinal);

    public async Task<IResult> EndAsync(HttpContext context)
    {
        var form = context.Request.HasFormContentType ? await context.Request.ReadFormAsync(context.RequestAborted) : FormCollection.Empty;
        string? Given(string name) => StringValues.IsNullOrEmpty(form[name]) ? context.Request.Query[name] : form[name];

        var hint = Hint(Given("id_token_hint"));
        var back = Back(Client(Given("client_id"), hint), Given("post_logout_redirect_uri"), Given("state"));
        var browser = cookies.Session(context);
        if (hint is null && browser is not null) return Ask(browser, back);
        return await EndAsync(context, hint is null ? null : realm.Sessions.Find((string?)hint["sid"]) ?? browser, back);
    }

    /// <summary>The person said yes. The code in the form's address was given to this browser's session and to nobody else.</summary>
    public Task<IResult> ConfirmAsync(HttpContext context)
    {
        var code = context.Request.Query["session_code"].ToString();
        if (cookies.Session(context) is not { } session || !questions.TryRemove(code, out var question) || question.SessionId != session.Id)
            throw Refusal.Page("This form has been used, or was shown in another browser.");
        return EndAsync(context, session, question.Back);
    }

    private async Task<IResult> EndAsync(HttpContext context, UserSession? session, string? back)
    {
        var browser = cookies.Session(context);
        if (browser is null || browser == session) cookies.Forget(context);
        if (session is not null) await logout.EndAsync(session);
        return back is null ? RealmPages.Message("You are signed out", "You can close this page.") : Results.Redirect(back);
    }

    private RealmPages.Html Ask(UserSession session, string? back)
    {
        var code = UserSession.Unguessable(32);
        questions[code] = new Question(session.Id, back);
        return RealmPages.Card("Sign out", $"Realm {realm.Name}", $"""
            <div class="tight"><h1>Do you want to sign out?</h1>
            <p class="soft">You are signed in as {Encode(realm.Users.TryFind(session.UserId)?.Username)}.</p></div>
            <form method="post" action="{Encode($"{realm.Issuer}/protocol/openid-connect/logout/logout-confirm?session_code={code}")}">
            <button class="primary" autofocus>Sign out</button></form>
            """);
    }

    /// <summary>An ID token of this realm, however old.</summary>
    private JsonObject? Hint(string? token)
    {
        if (string.IsNullOrEmpty(token)) return null;
        return realm.Keys.Verify(token) is { } claims && (string?)claims["typ"] == "ID" && (string?)claims["iss"] == realm.Issuer
            ? claims : throw Refusal.Page("Invalid parameter: id_token_hint");
    }

    private RealmClient? Client(string? id, JsonObject? hint)
    {
        var named = (string?)hint?["azp"];
        if (!string.IsNullOrEmpty(id) && named is not null && id != named) throw Refusal.Page("Invalid parameter: client_id does not match id_token_hint");
        return realm.Clients.Find(string.IsNullOrEmpty(id) ? named : id);
    }

    private static string? Back(RealmClient? client, string? uri, string? state)
    {
        if (string.IsNullOrEmpty(uri)) return null;
        if (client is null) throw Refusal.Page("Missing parameters: id_token_hint or client_id");
        if (!client.MayRedirectAfterLogoutTo(uri)) throw Refusal.Page("Invalid redirect uri");
        return state is null ? uri : QueryHelpers.AddQueryString(uri, "state", state);
    }

    private sealed record Question(string SessionId, string? Back);
}
