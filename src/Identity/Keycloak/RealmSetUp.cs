using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Identity.Keycloak;

/// <summary>The parts of a realm's set-up. Each looks first and writes only what is not as it should be.</summary>
internal sealed class RealmSetUp(KeycloakClient keycloak, IOptionsMonitor<KeycloakOptions> options)
{
    private const string Claim = "subscription_tier";
    private const string ClaimMapper = "oidc-usermodel-attribute-mapper";
    private static readonly string[] NeededRoles = ["view-users", "manage-users"];

    /// <summary>What tokens tell; the rest of a mapper's settings is up to the realm. Values are texts (measured).</summary>
    private static readonly Dictionary<string, string> Essential = new()
    {
        ["user.attribute"] = Claim, ["claim.name"] = Claim, ["jsonType.label"] = "String", ["access.token.claim"] = "true", ["multivalued"] = "false",
    };

    private static readonly Dictionary<string, string> OfANewMapper = new(Essential)
    {
        ["id.token.claim"] = "true", ["userinfo.token.claim"] = "true", ["introspection.token.claim"] = "true", ["aggregate.attrs"] = "false",
    };

    /// <summary>The six attributes are declared, and nobody but administrators edits them.</summary>
    public async Task<IReadOnlyList<RealmThing>> ProfileAsync(bool dryRun, CancellationToken cancellationToken)
    {
        var (whole, added, corrected) = RealmProfile.WithOurs(await ReadProfileAsync(cancellationToken));
        if (!dryRun && added.Count + corrected.Count > 0)
        {
            await keycloak.WriteAsync(HttpMethod.Put, "/users/profile", whole, "write the user profile", "manage-realm", cancellationToken);
            var (_, missing, wrong) = RealmProfile.WithOurs(await ReadProfileAsync(cancellationToken));
            if (missing.Count + wrong.Count > 0)
                throw new KeycloakException(200, $"Keycloak took the profile, but {string.Join(", ", missing.Concat(wrong))} did not stand. Run it again.");
        }

        return [.. Entitlement.AttributeNames.Select(name => new RealmThing($"attribute {name}", "declared, edited by administrators only",
            added.Contains(name) ? RealmThing.Created : corrected.Contains(name) ? RealmThing.Updated : RealmThing.Unchanged))];
    }

    /// <summary>Tokens of our client tell the tier.</summary>
    public async Task<IReadOnlyList<RealmThing>> ClaimAsync(bool dryRun, CancellationToken cancellationToken)
    {
        var path = $"/clients/{await ClientAsync(options.CurrentValue.ClientId, cancellationToken)}/protocol-mappers/models";
        var mappers = (await keycloak.GetAsync<JsonArray>(path, "list the client's mappers", cancellationToken, "view-clients")).OfType<JsonObject>().ToList();
        var found = mappers.Find(m => Config(m, "claim.name") == Claim) ?? mappers.Find(m => KeycloakClient.Text(m, "name") == Claim);
        var what = found switch
        {
            null => RealmThing.Created,
            _ when KeycloakClient.Text(found, "protocolMapper") == ClaimMapper && Essential.All(e => Config(found, e.Key) == e.Value) => RealmThing.Unchanged,
            _ => RealmThing.Updated,
        };
        if (!dryRun && what == RealmThing.Created)
        {
            await keycloak.WriteAsync(HttpMethod.Post, path, MapperOf([], OfANewMapper), "add a mapper to the client", "manage-clients", cancellationToken);
        }
        else if (!dryRun && what == RealmThing.Updated)
        {
            await keycloak.WriteAsync(HttpMethod.Put, $"{path}/{KeycloakClient.Text(found!, "id")}", MapperOf(found!, Essential), "correct the client's mapper",
                "manage-clients", cancellationToken);
        }

        return [new RealmThing($"claim {Claim}", $"in access tokens of client {options.CurrentValue.ClientId}", what)];
    }

    /// <summary>The realm has the roles.</summary>
    public async Task<IReadOnlyList<RealmThing>> RolesAsync(IReadOnlyList<string> roles, bool dryRun, CancellationToken cancellationToken)
    {
        var things = new List<RealmThing>();
        foreach (var role in roles.Distinct())
        {
            var exists = await ExistsAsync(role, cancellationToken);
            var body = new JsonObject { ["name"] = role, ["description"] = "Of BillingMonolith" };
            if (!exists && !dryRun)
                await keycloak.WriteAsync(HttpMethod.Post, "/roles", body, $"add the realm role {role}", "manage-realm", cancellationToken);
            things.Add(new RealmThing($"realm role {role}", "exists; give it to whom you trust with it", exists ? RealmThing.Unchanged : RealmThing.Created));
        }

        return things;
    }

    /// <summary>The service account may find and change users; effective roles count, so a composite one will do.</summary>
    public async Task<IReadOnlyList<RealmThing>> ServiceAccountAsync(bool dryRun, CancellationToken cancellationToken)
    {
        var client = await ClientAsync(options.CurrentValue.ClientId, cancellationToken);
        var account = await keycloak.GetAsync<JsonObject>(
            $"/clients/{client}/service-account-user", "read the service account", cancellationToken, "view-clients");
        var management = await ClientAsync("realm-management", cancellationToken);
        var mappings = $"/users/{KeycloakClient.Text(account, "id")}/role-mappings/clients/{management}";
        var has = Names(await keycloak.GetAsync<JsonArray>($"{mappings}/composite", "list the service account's roles", cancellationToken));
        var missing = NeededRoles.Where(role => !has.ContainsKey(role)).ToList();
        if (!dryRun && missing.Count > 0)
        {
            var all = Names(await keycloak.GetAsync<JsonArray>(
                $"/clients/{management}/roles", "list the roles of realm-management", cancellationToken, "view-clients"));
            await keycloak.WriteAsync(HttpMethod.Post, mappings, new JsonArray([.. missing.Select(role => all[role].DeepClone())]),
                "give the service account its roles", string.Join(" and ", missing), cancellationToken); // nobody gives away what he has not
        }

        return [.. NeededRoles.Select(role => new RealmThing($"role {role} of the service account", "of the client realm-management",
            missing.Contains(role) ? RealmThing.Created : RealmThing.Unchanged))];
    }

    private Task<JsonObject> ReadProfileAsync(CancellationToken cancellationToken) =>
        keycloak.GetAsync<JsonObject>("/users/profile", "read the user profile", cancellationToken);

    /// <summary>The id by which paths name a client.</summary>
    private async Task<string> ClientAsync(string clientId, CancellationToken cancellationToken)
    {
        var path = $"/clients?clientId={Uri.EscapeDataString(clientId)}";
        var found = await keycloak.GetAsync<JsonArray>(path, "find a client", cancellationToken, "view-clients");
        return found.OfType<JsonObject>().Where(c => KeycloakClient.Text(c, "clientId") == clientId).Select(c => KeycloakClient.Text(c, "id")).FirstOrDefault()
            ?? throw new KeycloakException(200, $"Keycloak shows us no client '{clientId}': give the service account of client "
                + $"'{options.CurrentValue.ClientId}' the role view-clients of the client realm-management.");
    }

    private async Task<bool> ExistsAsync(string role, CancellationToken cancellationToken)
    {
        try
        {
            await keycloak.GetAsync<JsonObject>($"/roles/{Uri.EscapeDataString(role)}", "read a realm role", cancellationToken, "view-realm");
            return true;
        }
        catch (KeycloakException e) when (e is { Status: 404, Words: "Could not find role" })
        {
            return false;
        }
    }

    private static JsonObject MapperOf(JsonObject there, Dictionary<string, string> settings)
    {
        var mapper = (JsonObject)there.DeepClone();
        if (there.Count == 0) mapper["name"] = Claim;
        (mapper["protocol"], mapper["protocolMapper"]) = ("openid-connect", ClaimMapper);
        if (mapper["config"] is not JsonObject config) mapper["config"] = config = [];
        foreach (var (key, value) in settings) config[key] = value;
        return mapper;
    }

    private static string? Config(JsonObject mapper, string key) => mapper["config"] is JsonObject config ? KeycloakClient.Text(config, key) : null;

    private static Dictionary<string, JsonObject> Names(JsonArray roles) =>
        roles.OfType<JsonObject>().ToDictionary(r => KeycloakClient.Text(r, "name") ?? "", StringComparer.Ordinal);
}
