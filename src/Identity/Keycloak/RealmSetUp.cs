using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Identity.Keycloak;

/// <summary>The parts of a realm's set-up. Each reads first and writes only the differences.</summary>
internal sealed class RealmSetUp(IKeycloakSetUpClient keycloak, IOptionsMonitor<KeycloakOptions> options)
{
    private const string Claim = "subscription_tier";
    private const string ClaimMapper = "oidc-usermodel-attribute-mapper";
    private static readonly string[] NeededRoles = ["view-users", "manage-users"];

    private string Realm => options.CurrentValue.Realm;

    /// <summary>The claims in tokens; the rest of a mapper's settings is up to the realm. Values are texts (measured).</summary>
    private static readonly Dictionary<string, string> Essential = new()
    {
        ["user.attribute"] = Claim, ["claim.name"] = Claim, ["jsonType.label"] = "String", ["access.token.claim"] = "true", ["multivalued"] = "false",
    };

    private static readonly Dictionary<string, string> OfANewMapper = new(Essential)
    {
        ["id.token.claim"] = "true", ["userinfo.token.claim"] = "true", ["introspection.token.claim"] = "true", ["aggregate.attrs"] = "false",
    };

    /// <summary>The six attributes are declared, and only administrators edit them.</summary>
    public async Task<IReadOnlyList<RealmThing>> ProfileAsync(bool dryRun, CancellationToken cancellationToken)
    {
        var (whole, added, corrected) = RealmProfile.WithOurs(await ReadProfileAsync(cancellationToken));
        if (!dryRun && added.Count + corrected.Count > 0)
        {
            await keycloak.UpdateUserProfileAsync(Realm, whole, cancellationToken);
            var (_, missing, wrong) = RealmProfile.WithOurs(await ReadProfileAsync(cancellationToken));
            if (missing.Count + wrong.Count > 0)
                throw new KeycloakException(200, $"Keycloak took the profile, but {string.Join(", ", missing.Concat(wrong))} did not stand. Run it again.");
        }

        return [.. Entitlement.AttributeNames.Select(name => new RealmThing($"attribute {name}", "declared, edited by administrators only",
            added.Contains(name) ? RealmThing.Created : corrected.Contains(name) ? RealmThing.Updated : RealmThing.Unchanged))];
    }

    /// <summary>Tokens of our client contain the tier.</summary>
    public async Task<IReadOnlyList<RealmThing>> ClaimAsync(bool dryRun, CancellationToken cancellationToken)
    {
        var client = await ClientAsync(options.CurrentValue.ClientId, cancellationToken);
        var mappers = List(await keycloak.GetProtocolMappersAsync(Realm, client, cancellationToken), "the client's mappers");
        var found = mappers.Find(m => Config(m, "claim.name") == Claim) ?? mappers.Find(m => m.Text("name") == Claim);
        var what = found switch
        {
            null => RealmThing.Created,
            _ when found.Text("protocolMapper") == ClaimMapper && Essential.All(e => Config(found, e.Key) == e.Value) => RealmThing.Unchanged,
            _ => RealmThing.Updated,
        };
        if (!dryRun && what == RealmThing.Created)
            await keycloak.CreateProtocolMapperAsync(Realm, client, MapperOf([], OfANewMapper), cancellationToken);
        else if (!dryRun && what == RealmThing.Updated)
            await keycloak.UpdateProtocolMapperAsync(Realm, client, Segment(found!.Text("id")), MapperOf(found!, Essential), cancellationToken);

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
            if (!exists && !dryRun) await keycloak.CreateRoleAsync(Realm, body, cancellationToken);
            things.Add(new RealmThing($"realm role {role}", "exists; give it to whom you trust with it", exists ? RealmThing.Unchanged : RealmThing.Created));
        }

        return things;
    }

    /// <summary>The service account may find and change users; effective roles count, so a composite one will do.</summary>
    public async Task<IReadOnlyList<RealmThing>> ServiceAccountAsync(bool dryRun, CancellationToken cancellationToken)
    {
        var client = await ClientAsync(options.CurrentValue.ClientId, cancellationToken);
        var account = Segment((await keycloak.GetServiceAccountUserAsync(Realm, client, cancellationToken))?.Id);
        var management = await ClientAsync("realm-management", cancellationToken);
        var has = Names(List(await keycloak.GetEffectiveClientRolesAsync(Realm, account, management, cancellationToken), "the service account's roles"));
        var missing = NeededRoles.Where(role => !has.ContainsKey(role)).ToList();
        if (!dryRun && missing.Count > 0)
        {
            var all = Names(List(await keycloak.GetClientRolesAsync(Realm, management, cancellationToken), "the roles of realm-management"));
            await GiveAsync(account, management, missing, all, cancellationToken);
        }

        return [.. NeededRoles.Select(role => new RealmThing($"role {role} of the service account", "of the client realm-management",
            missing.Contains(role) ? RealmThing.Created : RealmThing.Unchanged))];
    }

    private async Task GiveAsync(
        string account, string management, List<string> roles, Dictionary<string, JsonObject> all, CancellationToken cancellationToken)
    {
        try
        {
            await keycloak.AddClientRolesAsync(Realm, account, management, roles.ConvertAll(role => all[role]), cancellationToken);
        }
        catch (KeycloakException e) when (e.Status == 403)
        {
            throw new KeycloakException(403, $"Give the service account of client '{options.CurrentValue.ClientId}' the role "
                + $"{string.Join(" and ", roles)} of the client realm-management: nobody gives away what they do not have.");
        }
    }

    private async Task<JsonObject> ReadProfileAsync(CancellationToken cancellationToken) =>
        await keycloak.GetUserProfileAsync(Realm, cancellationToken) ?? throw KeycloakException.Wrong("GET", "/users/profile", "with a user profile");

    /// <summary>The id of a client in paths.</summary>
    private async Task<string> ClientAsync(string clientId, CancellationToken cancellationToken)
    {
        var found = List(await keycloak.GetClientsAsync(Realm, clientId, cancellationToken), "clients");
        return found.Find(c => c.Text("clientId") == clientId) is { } client ? Segment(client.Text("id"))
            : throw new KeycloakException(200, $"Keycloak shows us no client '{clientId}': give the service account of client "
                + $"'{options.CurrentValue.ClientId}' the role view-clients of the client realm-management.");
    }

    private async Task<bool> ExistsAsync(string role, CancellationToken cancellationToken)
    {
        try
        {
            var found = await keycloak.GetRoleAsync(Realm, Segment(role), cancellationToken);
            return found?.Text("name") == role ? true : throw KeycloakException.Wrong("GET", $"/roles/{role}", "with that role");
        }
        catch (KeycloakException e) when (e is { Status: 404, Words: "Could not find role" })
        {
            return false;
        }
    }

    // Ids that would lead to another path however they are escaped.
    private static string Segment(string? id) =>
        id?.Trim('.') is { Length: > 0 } ? id : throw new KeycloakException(200, $"'{id}' is no id or name in Keycloak.");

    private static List<JsonObject> List(IReadOnlyList<JsonObject?>? answer, string what) => answer is not null && !answer.Contains(null)
        ? [.. answer.OfType<JsonObject>()] : throw new KeycloakException(200, $"Keycloak answered 200 when asked for {what}, but not with a list of them.");

    private static JsonObject MapperOf(JsonObject there, Dictionary<string, string> settings)
    {
        var mapper = (JsonObject)there.DeepClone();
        if (there.Count == 0) mapper["name"] = Claim;
        (mapper["protocol"], mapper["protocolMapper"]) = ("openid-connect", ClaimMapper);
        if (mapper["config"] is not JsonObject config) mapper["config"] = config = [];
        foreach (var (key, value) in settings) config[key] = value;
        return mapper;
    }

    private static string? Config(JsonObject mapper, string key) => mapper["config"] is JsonObject config ? config.Text(key) : null;

    private static Dictionary<string, JsonObject> Names(List<JsonObject> roles) => roles.ToDictionary(r => r.Text("name") ?? "", StringComparer.Ordinal);
}
