using static BillingMonolith.Sandbox.Layout;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>The realm's login form, and below it what no real realm would show: who lives here.</summary>
internal static class LoginPage
{
    private const int MostHints = 12;

    private const string Style = """
        .hints { display:grid; gap:.625rem } .hints ul { list-style:none; margin:0; padding:0; display:grid; gap:.375rem }
        .hints button { width:100%; justify-content:space-between; font-weight:500; text-align:left; padding:.375rem .875rem }
        .hints button > span:first-child { display:grid; line-height:1.3; min-width:0 } .hints small { color:var(--soft); overflow-wrap:anywhere }
        input[aria-invalid] { border-color:var(--bad) }
        """;

    public static IResult Show(Realm realm, AuthorizationRequest request, string action, string? username, string? error = null)
    {
        string Focus(bool here) => here ? " autofocus" : "";
        var (known, invalid) = (!string.IsNullOrEmpty(username), error is null ? "" : " aria-invalid=\"true\" aria-describedby=\"error\"");
        var message = error is null ? "" : $"""<p class="note bad" role="alert" id="error">{Encode(error)}</p>""";
        return RealmPages.Card("Sign in", $"Realm {realm.Name}", $"""
            <div class="tight"><h1>Sign in</h1><p class="soft">to continue to {Encode(request.Client.Id)}</p></div>{message}
            <form method="post" action="{Encode(action)}" class="stack" id="kc-form-login">
            <label>Username or e-mail<input name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required
              value="{Encode(username)}"{invalid}{Focus(!known)}></label>
            <label>Password<input name="password" type="password" autocomplete="current-password" required{invalid}{Focus(known)}></label>
            <button class="primary">Sign in</button></form>
            """, Hints(realm, action), Style);
    }

    private static string Hints(Realm realm, string action)
    {
        var users = realm.Users.All.Where(u => u.Password is not null).OrderBy(u => u.Username, StringComparer.Ordinal).Take(MostHints);
        var list = string.Concat(users.Select(user => $"""
            <li><form method="post" action="{Encode(action)}"><input type="hidden" name="username" value="{Encode(user.Username)}">
            <input type="hidden" name="password" value="{Encode(user.Password)}">
            <button><span><span>{Encode(user.Username)}</span><small>{Encode(user.Email)}</small></span><span>{Marks(user)}</span></button></form></li>
            """));
        return $"""
            <section class="hints" aria-labelledby="hints"><h2 id="hints">Sandbox only</h2>
            <p class="soft small">The password is the username. Choose one to sign in at once.</p><ul>{list}</ul></section>
            """;
    }

    private static string Marks(KeycloakUser user) => string.Concat(user.RealmRoles.Except(DemoUsers.DefaultRoles).Select(r => Badge(r, "warn")))
        + (user.Enabled ? "" : Badge("disabled", "bad"));
}
