using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>
/// Keycloak 26 as far as the Host, its browsers and its callers need it: discovery, keys, logins, tokens, logout, and the Admin REST API for users and
/// their profile, with its traps; at / a page of who is signed in. In memory. It holds one realm with three clients (<see cref="DemoClients"/>).
/// </summary>
internal sealed class KeycloakStandIn : StandIn
{
    private readonly Realm realm;
    private readonly RealmTokens tokens;
    private readonly TokenEndpoint tokenEndpoint;
    private readonly BackchannelLogout logout;
    private readonly AuthorizationCodes codes;
    private readonly string service;

    public KeycloakStandIn(int port, TimeProvider time, string realm, string clientId, string clientSecret) : base(port, time)
    {
        service = clientId;
        var clients = new RealmClients(DemoClients.Service(clientId, clientSecret), DemoClients.ShopFor(clientId), DemoClients.CrmFor(clientId));
        this.realm = new Realm(realm, time, clients, () => Url);
        tokens = new RealmTokens(this.realm);
        codes = new AuthorizationCodes(time);
        tokenEndpoint = new TokenEndpoint(this.realm, tokens, codes);
        logout = new BackchannelLogout(this.realm);
        foreach (var user in DemoUsers.All) this.realm.Users.Seed(user);
        DeclareSubscriptionAttributes = true;
    }

    /// <summary>False: the realm does not know the six attributes, and drops them with 204.</summary>
    public bool DeclareSubscriptionAttributes
    {
        set => realm.Users.Profile = UserProfile.OfTheSandbox(value);
    }

    /// <summary>The service account's roles of the client realm-management.</summary>
    public IReadOnlyList<string> Roles { get => realm.ServiceRoles; set => realm.ServiceRoles = value; }

    /// <summary>The realm's own roles.</summary>
    public IReadOnlyList<string> RealmRoles => realm.Roles;

    /// <summary>The user profile, as <c>GET /users/profile</c> tells it and another administrator may write it.</summary>
    public JsonObject Profile { get => realm.Users.Profile.Document; set => realm.Users.Profile = new UserProfile(value); }

    /// <summary>The protocol mappers of the service's client.</summary>
    public IReadOnlyList<JsonObject> Mappers => Client(service).Mappers;

    public int ExpiresInSeconds { get => tokens.ExpiresInSeconds; set => tokens.ExpiresInSeconds = value; }

    /// <summary>The realm's "Revoke Refresh Token": each refresh token is good for one use.</summary>
    public bool RotateRefreshTokens { get => tokenEndpoint.Rotates; set => tokenEndpoint.Rotates = value; }

    /// <summary>How many tokens service accounts got.</summary>
    public int TokensIssued => tokenEndpoint.Issued;

    public string Issuer => realm.Issuer;

    public IReadOnlyCollection<KeycloakUser> Users => realm.Users.All;

    /// <summary>Who is signed in, newest first.</summary>
    public IReadOnlyList<UserSession> Sessions => realm.Sessions.All;

    /// <summary>Which clients were told that a session ended, oldest first.</summary>
    public IReadOnlyList<LogoutNotice> LogoutNotices => logout.Notices;

    public void Seed(KeycloakUser user) => realm.Users.Seed(user);

    /// <summary>The service is (also) reached at this origin: its logins return there, and its back-channel logouts go there from now on.</summary>
    public void Register(string origin) => realm.Clients.Change(service, client => client.At(origin.TrimEnd('/')));

    /// <summary>Another's hand on a user: what an administrator does in the console, at any moment.</summary>
    public void EditAsAdministrator(string id, Func<KeycloakUser, KeycloakUser> change) => realm.Users.Change(id, change);

    /// <summary>Every token issued so far is answered with 401 from now on.</summary>
    public void RevokeTokens() => tokens.Revoke();

    /// <summary>An administrator's "Sign out": all sessions of a user end, and the clients are told before this returns.</summary>
    public async Task EndSessionsAsync(string userId)
    {
        foreach (var session in Sessions.Where(s => s.UserId == userId)) await logout.EndAsync(session);
    }

    /// <summary>A new key signs from now on; the old ones stay published until <see cref="RetireKeys"/>.</summary>
    public void RotateKeys() => realm.Keys.Rotate();

    /// <summary>What older keys signed is not accepted any more.</summary>
    public void RetireKeys() => realm.Keys.Retire();

    /// <summary>Any token, signed with the realm's key; <paramref name="header"/> replaces and adds members (<c>typ</c>, <c>alg</c>, <c>kid</c>).</summary>
    public string Sign(JsonObject claims, JsonObject? header = null) => realm.Keys.Sign(claims, header);

    /// <summary>An access token as this user gets it from a fresh login at a client; its session is among <see cref="Sessions"/>.</summary>
    public string AccessTokenFor(KeycloakUser user, string clientId = DemoClients.Shop)
    {
        var client = Client(clientId);
        var session = realm.Sessions.Start(user.Id);
        return tokens.Access(user, new Login(session, session.Attach(client), client.Grant("openid")!, "1"), "ro");
    }

    /// <summary>A token of the client's service account.</summary>
    public string ServiceTokenFor(string clientId) => tokens.Service(Client(clientId));

    protected override void Map(WebApplication routes)
    {
        var open = routes.MapGroup("/realms/{realm}").AddEndpointFilter(RefusalsAsync).AddEndpointFilter(InRealm("Realm does not exist"));
        MapProtocol(open, open.MapGroup("/protocol/openid-connect"), new BrowserCookies(realm));
        var admin = routes.MapGroup("/admin/realms/{realm}").AddEndpointFilter(RefusalsAsync);
        var (users, api) = (admin.MapGroup("/users"), new AdminApi(realm, tokens));
        api.Map(users, InRealm("Realm not found."));
        new RealmAdminApi(realm, api).Map(admin.MapGroup(""), InRealm("Realm not found."));
        new RealmPage(this, realm).Map(routes);
        routes.MapFallback(() => Refusal.Error(404, "Unable to find matching target resource method").Answer());
    }

    public override async ValueTask DisposeAsync()
    {
        logout.Dispose();
        await base.DisposeAsync();
    }

    private void MapProtocol(RouteGroupBuilder open, RouteGroupBuilder connect, BrowserCookies cookies)
    {
        var (authorization, userinfo) = (new AuthorizationEndpoint(realm, codes, cookies), new UserinfoEndpoint(realm, tokens));
        var end = new LogoutEndpoint(realm, logout, cookies);
        open.MapGet("/.well-known/openid-configuration", () => Refusal.Json(OpenIdConfiguration.Of(realm.Issuer)));
        connect.MapGet("/certs", () => Refusal.Json(realm.Keys.Published(Time.GetUtcNow())));
        connect.MapPost("/token", async (HttpRequest request) => Refusal.Json(tokenEndpoint.Answer(request, await FormAsync(request))));
        connect.MapPost("/token/introspect", async (HttpRequest request) => Refusal.Json(userinfo.Introspect(request, await FormAsync(request))));
        connect.MapMethods("/userinfo", ["GET", "POST"], (HttpRequest request) => Refusal.Json(userinfo.Userinfo(request)));
        // Named types of answers: a lambda of HttpContext alone would count as a bare handler, and pass by the filters.
        connect.MapGet("/auth", IResult (HttpContext context) => authorization.Begin(context));
        open.MapPost("/login-actions/authenticate", Task<IResult> (HttpContext context) => authorization.AuthenticateAsync(context));
        connect.MapMethods("/logout", ["GET", "POST"], Task<IResult> (HttpContext context) => end.EndAsync(context));
        connect.MapPost("/logout/logout-confirm", Task<IResult> (HttpContext context) => end.ConfirmAsync(context));
    }

    private RealmClient Client(string id) => realm.Clients.Find(id) ?? throw new ArgumentException($"The realm has no client '{id}'.", nameof(id));

    private Func<EndpointFilterInvocationContext, EndpointFilterDelegate, ValueTask<object?>> InRealm(string otherwise) => (context, next) =>
        (string?)context.HttpContext.GetRouteValue("realm") == realm.Name ? next(context) : throw Refusal.Error(404, otherwise);

    private static async ValueTask<object?> RefusalsAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Refusal refusal)
        {
            return refusal.Answer();
        }
    }

    private static async Task<IFormCollection> FormAsync(HttpRequest request) =>
        request.HasFormContentType ? await request.ReadFormAsync(request.HttpContext.RequestAborted) : FormCollection.Empty;
}
