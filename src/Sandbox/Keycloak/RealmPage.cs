using System.Globalization;
using static BillingMonolith.Sandbox.Board;
using static BillingMonolith.Sandbox.Layout;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>The administrator's console, as small as it can be: who is signed in where, who lives here, which keys sign.</summary>
internal sealed class RealmPage(KeycloakStandIn keycloak, Realm realm)
{
    private const string RealmStyle = """
        .badges { display:flex; flex-wrap:wrap; gap:.25rem } td .actions { min-width:0 } td { overflow-wrap:break-word } td button { white-space:nowrap }
        .plain { list-style:none; margin:0; padding:0; display:grid; gap:.75rem } .plain li { display:grid; gap:.125rem; min-width:0 }
        @media (max-width:900px) { .board aside { order:1 } }
        .plain .id { max-width:100% } .wrap { overflow-wrap:anywhere }
        """;

    public void Map(WebApplication routes)
    {
        routes.MapGet("/", context => WriteAsync(context, Render()));
        On("sign-out", "sessions", keycloak.EndSessionsAsync);
        On("disable", "users", id => Enable(id, false));
        On("enable", "users", id => Enable(id, true));
        On("rotate", "keys", _ => Task.Run(keycloak.RotateKeys));
        On("retire", "keys", _ => Task.Run(keycloak.RetireKeys));

        void On(string action, string section, Func<string, Task> act) => routes.MapPost($"/dashboard/{action}", async context =>
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            await act(form["user"].ToString());
            SeeOther(context, $"/#{section}");
        });
    }

    private Task Enable(string id, bool enabled)
    {
        if (realm.Users.TryFind(id) is not null) keycloak.EditAsAdministrator(id, u => u with { Enabled = enabled });
        return Task.CompletedTask;
    }

    private string Render() => Page("Keycloak", Style + RealmStyle, $"""
        {Top("Keycloak stand-in", "/", ("/", "Realm"), ("/_journal", "Journal"))}
        <main class="stack"><h1>Realm {Encode(realm.Name)}</h1><div class="board"><div>
        {Section("sessions", "Signed in", Sessions())}
        {Section("users", "Users", UserTable())}
        {Section("notices", "Back-channel logouts sent", Notices())}
        </div><aside>{Keys()}{Clients()}</aside></div></main>
        """);

    private string Sessions() => Table("Who|Where|Since|", keycloak.Sessions.Select(s => $"""
        <tr><td><strong>{Encode(realm.Users.TryFind(s.UserId)?.Username ?? s.UserId)}</strong><br>{Id(s.Id)}</td>
        <td><div class="badges">{string.Concat(s.Clients.Keys.Order(StringComparer.Ordinal).Select(c => Badge(c, "")))}</div></td>
        <td class="num">{Time(s.Started)}<br><span class="soft small">last seen {Time(s.SeenAt)}</span></td>
        <td class="little">{Button("sign-out", "Sign out everywhere", ("user", s.UserId))}</td></tr>
        """), "Nobody is signed in.");

    private string UserTable() => Table("User|Realm roles|State|", realm.Users.All.OrderBy(u => u.Username, StringComparer.Ordinal).Select(u =>
    {
        var roles = u.RealmRoles.Except(DemoUsers.DefaultRoles).Select(r => Badge(r, "warn")).DefaultIfEmpty("""<span class="soft">user</span>""");
        var tier = u["subscription_tier"] is { } name ? Badge(name, "") : "";
        return $"""
            <tr><td><strong>{Encode(u.Username)}</strong><br><span class="soft small">{Encode(u.Email)}</span></td>
            <td><div class="badges">{string.Concat(roles)}</div></td>
            <td><div class="badges">{(u.Enabled ? Badge("enabled", "good") : Badge("disabled", "bad"))}{tier}</div></td>
            <td class="little"><div class="actions">{Button(u.Enabled ? "disable" : "enable", u.Enabled ? "Disable" : "Enable", ("user", u.Id))}
            </div></td></tr>
            """;
    }), "The realm is empty.");

    private string Notices() => Table("When|Client|Session|Answer", keycloak.LogoutNotices.Reverse().Select(n => $"""
        <tr><td class="num">{Time(n.At)}</td><td>{Encode(n.ClientId)}<br><span class="soft small">{Encode(n.Url)}</span></td><td>{Id(n.SessionId)}</td>
        <td>{(n.Status is >= 200 and < 300 ? Badge(n.Status.ToString(CultureInfo.InvariantCulture), "good")
            : Badge(n.Status == 0 ? "no answer" : n.Status.ToString(CultureInfo.InvariantCulture), "bad"))}</td></tr>
        """), "None yet. Each is sent once, when a session with a client that has a logout address ends.");

    private string Keys()
    {
        var ids = realm.Keys.Ids.ToList();
        return Section("keys", "Signing keys", $"""
            <ul class="plain">{string.Concat(ids.Select((id, i) =>
                $"<li><span>{(i == 0 ? Badge("active", "good") : Badge("passive", ""))}</span>{Id(id)}</li>"))}</ul>
            <div class="row little">{Button("rotate", "Rotate keys")}{(ids.Count > 1 ? Button("retire", "Drop passive keys") : "")}</div>
            """);
    }

    private string Clients() => Section("clients", "Clients", $"""
        <ul class="plain">{string.Concat(realm.Clients.All.Select(c => $"""
        <li><span class="row"><strong>{Encode(c.Id)}</strong>{Badge(c.IsPublic ? "public" : "confidential", "")}</span>
        <span class="soft small wrap">{Encode(string.Join(" ", c.RedirectUris))}</span></li>
        """))}</ul>
        """);

    private static string Time(DateTimeOffset at) => When(at.ToUnixTimeSeconds());
}
