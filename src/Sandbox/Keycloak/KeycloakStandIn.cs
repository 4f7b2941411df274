using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>
/// Keycloak 26 as far as the Host needs it: discovery, keys, client credentials, and the Admin REST API for users and their profile, with its traps.
/// In memory. It holds one realm and one confidential client with a service account.
/// </summary>
internal sealed class KeycloakStandIn : StandIn
{
    private readonly RealmKeys keys = new();
    private readonly TokenEndpoint tokens;
    private readonly UserStore users;
    private readonly string realm;

    public KeycloakStandIn(int port, TimeProvider time, string realm, string clientId, string clientSecret) : base(port, time)
    {
        this.realm = realm;
        tokens = new TokenEndpoint(keys, time, realm, clientId, clientSecret);
        users = new UserStore(time);
        foreach (var user in DemoUsers.All) users.Seed(user);
        DeclareSubscriptionAttributes = true;
    }

    /// <summary>False: the realm does not know the six attributes, and drops them with 204.</summary>
    public bool DeclareSubscriptionAttributes
    {
        set => users.Profile = UserProfile.OfTheSandbox(value);
    }

    /// <summary>The service account's roles of the client realm-management.</summary>
    public IReadOnlyList<string> Roles { get; set; } = ["view-users", "manage-users", "view-realm", "manage-realm"];

    public int ExpiresInSeconds { get => tokens.ExpiresInSeconds; set => tokens.ExpiresInSeconds = value; }

    public int TokensIssued => tokens.Issued;

    public IReadOnlyCollection<KeycloakUser> Users => users.All;

    public void Seed(KeycloakUser user) => users.Seed(user);

    /// <summary>Another's hand on a user: what an administrator does in the console, at any moment.</summary>
    public void EditAsAdministrator(string id, Func<KeycloakUser, KeycloakUser> change) => users.Change(id, change);

    /// <summary>Every token issued so far is answered with 401 from now on.</summary>
    public void RevokeTokens() => tokens.Revoke();

    protected override void Map(WebApplication routes)
    {
        var published = keys.Published(Time.GetUtcNow());

        var open = routes.MapGroup("/realms/{realm}").AddEndpointFilter((context, next) => InRealmAsync(context, next, "Realm does not exist"));
        open.MapGet("/.well-known/openid-configuration", () => Refusal.Json(OpenIdConfiguration.Of(Url, realm)));
        open.MapGet("/protocol/openid-connect/certs", () => Refusal.Json(published));
        open.MapPost("/protocol/openid-connect/token", async (HttpRequest request) =>
            Refusal.Json(tokens.Answer(request, request.HasFormContentType ? await request.ReadFormAsync() : FormCollection.Empty, Url, Roles)));

        MapUsers(routes.MapGroup("/admin/realms/{realm}/users")
            .AddEndpointFilter(AuthenticateAsync)
            .AddEndpointFilter((context, next) => InRealmAsync(context, next, "Realm not found.")));
        routes.MapFallback(() => Refusal.Error(404, "Unable to find matching target resource method").Answer());
    }

    private void MapUsers(RouteGroupBuilder group)
    {
        group.MapGet("/profile", () => Refusal.Json(Allow("view-realm", "manage-realm", "view-users", "manage-users").Profile.Document));
        group.MapPut("/profile", async (HttpRequest request) =>
        {
            users.Profile = UserProfileDocument.Read(await BodyAsync(request));
            return Refusal.Json(users.Profile.Document);
        }).AddEndpointFilter(Requires("manage-realm"));

        group.MapGet("", (HttpRequest request) => Refusal.Json(List(request.Query)));
        group.MapGet("/count", () => Refusal.Json(JsonValue.Create(Allow("view-users", "manage-users", "query-users").All.Count)));
        group.MapGet("/{id}", (string id) => Refusal.Json(Representation.Full(Allow("view-users", "manage-users").Find(id), users.Profile)));
        group.MapPost("", async (HttpRequest request) => Results.Created($"{Url}/admin/realms/{realm}/users/{users.Create(await BodyAsync(request))}", null))
            .AddEndpointFilter(Requires("manage-users"));
        group.MapPut("/{id}", async (string id, HttpRequest request) =>
        {
            users.Put(id, await BodyAsync(request));
            return Results.NoContent();
        }).AddEndpointFilter(Requires("manage-users"));
        group.MapDelete("/{id}", (string id) =>
        {
            users.Delete(id);
            return Results.NoContent();
        }).AddEndpointFilter(Requires("manage-users"));
    }

    /// <summary>With query-users alone the list is empty, not forbidden (measured): an empty list can mean "not allowed".</summary>
    private JsonArray List(IQueryCollection query)
    {
        Allow("view-users", "manage-users", "query-users");
        if (!Roles.Contains("view-users") && !Roles.Contains("manage-users")) return [];
        var brief = UserQuery.Flag(query, "briefRepresentation");
        return new JsonArray([.. UserQuery.Apply(users.All, query).Select(user => Representation.Item(user, users.Profile, brief))]);
    }

    private UserStore Allow(params string[] roles) => roles.Any(Roles.Contains) ? users : throw Refusal.Error(403, "HTTP 403 Forbidden");

    private Func<EndpointFilterInvocationContext, EndpointFilterDelegate, ValueTask<object?>> Requires(string role) => (context, next) =>
    {
        Allow(role);
        return next(context);
    };

    private ValueTask<object?> AuthenticateAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        tokens.Accepts(context.HttpContext.Request) ? next(context) : new(Refusal.Error(401, "HTTP 401 Unauthorized").Answer());

    private async ValueTask<object?> InRealmAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next, string otherwise)
    {
        try
        {
            return (string?)context.HttpContext.GetRouteValue("realm") == realm ? await next(context) : throw Refusal.Error(404, otherwise);
        }
        catch (Refusal refusal)
        {
            return refusal.Answer();
        }
    }

    private static async Task<string> BodyAsync(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body);
        return await reader.ReadToEndAsync(request.HttpContext.RequestAborted);
    }
}
