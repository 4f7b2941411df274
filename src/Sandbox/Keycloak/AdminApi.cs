using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>The Admin REST API for users and their profile, with its traps.</summary>
internal sealed class AdminApi(Realm realm, RealmTokens tokens)
{
    /// <param name="group">All that is below <c>/admin/realms/{realm}/users</c>.</param>
    /// <param name="inRealm">Refuses another realm's name, but only to who is let in at all.</param>
    public void Map(RouteGroupBuilder group, Func<EndpointFilterInvocationContext, EndpointFilterDelegate, ValueTask<object?>> inRealm)
    {
        Guard(group, inRealm);
        group.MapGet("/profile", () => Refusal.Json(Allow("view-realm", "manage-realm", "view-users", "manage-users").Profile.Document));
        group.MapPut("/profile", async (HttpRequest request) =>
        {
            realm.Users.Profile = UserProfileDocument.Read(await BodyAsync(request));
            return Refusal.Json(realm.Users.Profile.Document);
        }).AddEndpointFilter(Requires("manage-realm"));

        group.MapGet("", (HttpRequest request) => Refusal.Json(List(request.Query)));
        group.MapGet("/count", () => Refusal.Json(JsonValue.Create(Allow("view-users", "manage-users", "query-users").All.Count)));
        group.MapGet("/{id}", (string id) => Refusal.Json(Representation.Full(Allow("view-users", "manage-users").Find(id), realm.Users.Profile)));
        group.MapPost("", async (HttpRequest request) =>
            Results.Created($"{realm.BaseUrl}/admin/realms/{realm.Name}/users/{realm.Users.Create(await BodyAsync(request))}", null))
            .AddEndpointFilter(Requires("manage-users"));
        group.MapPut("/{id}", async (string id, HttpRequest request) =>
        {
            realm.Users.Put(id, await BodyAsync(request));
            return Results.NoContent();
        }).AddEndpointFilter(Requires("manage-users"));
        group.MapDelete("/{id}", (string id) =>
        {
            realm.Users.Delete(id);
            return Results.NoContent();
        }).AddEndpointFilter(Requires("manage-users"));
    }

    public void Guard(RouteGroupBuilder group, Func<EndpointFilterInvocationContext, EndpointFilterDelegate, ValueTask<object?>> inRealm) =>
        group.AddEndpointFilter(AuthenticateAsync).AddEndpointFilter(inRealm);

    /// <summary>With query-users alone the list is empty, not forbidden (measured): an empty list can mean "not allowed".</summary>
    private JsonArray List(IQueryCollection query)
    {
        Allow("view-users", "manage-users", "query-users");
        if (!realm.ServiceRoles.Contains("view-users") && !realm.ServiceRoles.Contains("manage-users")) return [];
        var brief = UserQuery.Flag(query, "briefRepresentation");
        return new JsonArray([.. UserQuery.Apply(realm.Users.All, query).Select(user => Representation.Item(user, realm.Users.Profile, brief))]);
    }

    public UserStore Allow(params string[] roles) => roles.Any(realm.ServiceRoles.Contains) ? realm.Users : throw Forbidden();

    private Func<EndpointFilterInvocationContext, EndpointFilterDelegate, ValueTask<object?>> Requires(string role) => (context, next) =>
    {
        Allow(role);
        return next(context);
    };

    /// <summary>Only the service account's tokens have roles here; a person's or another service's is known and not allowed.</summary>
    private ValueTask<object?> AuthenticateAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var claims = tokens.Read(context.HttpContext.Request) ?? throw Refusal.Error(401, "HTTP 401 Unauthorized");
        var isService = claims["sid"] is null && realm.Clients.Find((string?)claims["azp"]) is { ManagesRealm: true };
        return isService ? next(context) : throw Forbidden();
    }

    private static Refusal Forbidden() => Refusal.Error(403, "HTTP 403 Forbidden");

    public static async Task<string> BodyAsync(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body);
        return await reader.ReadToEndAsync(request.HttpContext.RequestAborted);
    }
}
