using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>The Admin REST API for clients with their mappers, and for roles, as far as a set-up needs it.</summary>
internal sealed class RealmAdminApi(Realm realm, AdminApi users)
{
    private const string Management = "realm-management";
    private const string ManagementUuid = "6d5f3c1e-9f2b-4f55-8a55-2a8d8f6f0001";
    private static readonly string[] ManagementRoles =
        ["view-users", "manage-users", "query-users", "view-realm", "manage-realm", "view-clients", "manage-clients", "query-clients"];

    private static readonly string[] MapperMembers = ["id", "name", "protocol", "protocolMapper", "consentRequired", "consentText", "config"];
    private static readonly string[] RoleMembers = ["id", "name", "description", "composite", "composites", "clientRole", "containerId", "attributes"];

    public void Map(RouteGroupBuilder group, Func<EndpointFilterInvocationContext, EndpointFilterDelegate, ValueTask<object?>> inRealm)
    {
        users.Guard(group, inRealm);
        MapClients(group);
        group.MapGet("/roles", () => Read(new JsonArray([.. realm.Roles.Select(Role)]), "view-realm", "manage-realm"));
        group.MapGet("/roles/{name}", (string name) =>
        {
            users.Allow("view-realm", "manage-realm");
            return realm.Roles.Contains(name) ? Refusal.Json(Role(name)) : throw Refusal.Error(404, "Could not find role");
        });
        group.MapPost("/roles", async (HttpRequest request) => Created(AddRole(Representation.Read(
            await BodyAsync(request, "manage-realm"), "RoleRepresentation", RoleMembers))));
        const string Mappings = "/users/{id}/role-mappings/clients/" + ManagementUuid;
        foreach (var path in (string[])[Mappings, $"{Mappings}/composite"])
            group.MapGet(path, (string id) => Read(RolesOf(id), "view-users", "manage-users"));
        group.MapPost(Mappings, async (string id, HttpRequest request) =>
        {
            RolesOf(id);
            var asked = JsonNode.Parse(await BodyAsync(request, "manage-users"))!.AsArray().Select(r => (string)r!["name"]!).ToList();
            // Nobody gives away more than he has.
            if (asked.Except(realm.ServiceRoles).Any() && !realm.ServiceRoles.Contains("realm-admin")) throw Refusal.Error(403, "HTTP 403 Forbidden");
            realm.ServiceRoles = [.. realm.ServiceRoles.Union(asked)];
            return Results.NoContent();
        });
    }

    private void MapClients(RouteGroupBuilder group)
    {
        group.MapGet("/clients", (string? clientId) => Read(
            new JsonArray([.. All().Where(c => clientId is null || (string?)c["clientId"] == clientId)]), "view-clients", "manage-clients", "query-clients"));
        group.MapGet("/clients/{uuid}/service-account-user", (string uuid) => Read(
            new JsonObject { ["id"] = Client(uuid).ServiceAccountId, ["username"] = $"service-account-{Client(uuid).Id}" }, "view-clients", "manage-clients"));
        group.MapGet($"/clients/{ManagementUuid}/roles", () =>
            Read(new JsonArray([.. ManagementRoles.Select(ManagementRole)]), "view-clients", "manage-clients"));
        group.MapGet("/clients/{uuid}/protocol-mappers/models", (string uuid) =>
            Read(new JsonArray([.. Client(uuid).Mappers.Select(m => m.DeepClone())]), "view-clients", "manage-clients"));
        group.MapPost("/clients/{uuid}/protocol-mappers/models", async (string uuid, HttpRequest request) =>
        {
            var mapper = await MapperAsync(request);
            if (Client(uuid).Mappers.Any(m => (string?)m["name"] == (string?)mapper["name"]))
                throw Refusal.ErrorMessage(409, "Protocol mapper exists with same name");
            mapper["id"] = Guid.NewGuid().ToString();
            realm.Clients.Change(Client(uuid).Id, c => c with { Mappers = c.Mappers.Add(mapper) });
            return Created((string)mapper["id"]!);
        });
        group.MapPut("/clients/{uuid}/protocol-mappers/models/{id}", async (string uuid, string id, HttpRequest request) =>
        {
            var mapper = await MapperAsync(request);
            if (!Client(uuid).Mappers.Any(m => (string?)m["id"] == id)) throw Refusal.Error(404, "Model not found");
            realm.Clients.Change(Client(uuid).Id, c => c with { Mappers = [.. c.Mappers.Select(m => (string?)m["id"] == id ? mapper : m)] });
            return Results.NoContent();
        });
    }

    private IEnumerable<JsonObject> All() =>
    [
        .. realm.Clients.All.Select(c => new JsonObject { ["id"] = c.Uuid, ["clientId"] = c.Id, ["publicClient"] = c.IsPublic }),
        new JsonObject { ["id"] = ManagementUuid, ["clientId"] = Management, ["publicClient"] = false },
    ];

    private RealmClient Client(string uuid) => realm.Clients.All.FirstOrDefault(c => c.Uuid == uuid) ?? throw Refusal.Error(404, "Could not find client");

    private async Task<JsonObject> MapperAsync(HttpRequest request)
    {
        var mapper = Representation.Read(await BodyAsync(request, "manage-clients"), "ProtocolMapperRepresentation", MapperMembers);
        // Values of the config are texts, "true" too: Jackson's map of strings takes nothing else here.
        if (mapper["config"] is JsonObject config && config.Any(v => v.Value is not JsonValue text || !text.TryGetValue<string>(out _)))
            throw Refusal.Error(400, "invalid_request", "Cannot parse the JSON");
        return mapper;
    }

    private string AddRole(JsonObject role)
    {
        var name = (string)role["name"]!;
        if (realm.Roles.Contains(name)) throw Refusal.ErrorMessage(409, $"Role with name {name} already exists");
        realm.Roles.Add(name);
        return name;
    }

    private JsonArray RolesOf(string userId) => realm.Clients.All.Any(c => c.ManagesRealm && c.ServiceAccountId == userId)
        ? new JsonArray([.. realm.ServiceRoles.Select(ManagementRole)])
        : throw Refusal.Error(404, "User not found");

    private IResult Read(JsonNode answer, params string[] roles)
    {
        users.Allow(roles);
        return Refusal.Json(answer);
    }

    private Task<string> BodyAsync(HttpRequest request, string role)
    {
        users.Allow(role);
        return AdminApi.BodyAsync(request);
    }

    private IResult Created(string id) => Results.Created($"{realm.BaseUrl}/admin/realms/{realm.Name}/{Uri.EscapeDataString(id)}", value: null);

    private static JsonNode Role(string name) => new JsonObject { ["id"] = $"id-of-{name}", ["name"] = name, ["composite"] = false, ["clientRole"] = false };

    private static JsonNode ManagementRole(string name) =>
        new JsonObject { ["id"] = $"id-of-{name}", ["name"] = name, ["composite"] = false, ["clientRole"] = true, ["containerId"] = ManagementUuid };
}
