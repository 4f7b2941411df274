using System.Text.Json.Nodes;

namespace BillingMonolith.Identity.Keycloak;

/// <summary>
/// Checks the realm's user profile: only administrators may write our attributes. An undeclared attribute is
/// dropped silently; with one that users can edit they would choose their own tier.
/// </summary>
internal static class RealmProfile
{
    private const string Where = "(Realm settings, User profile, or `setup keycloak`)";

    /// <summary>The problems, one sentence each with the remedy; empty when there is none.</summary>
    public static IEnumerable<string> Problems(JsonObject profile)
    {
        var declared = (profile["attributes"] as JsonArray ?? []).OfType<JsonObject>()
            .ToLookup(a => a.Text("name"), StringComparer.Ordinal);
        var missing = Entitlement.AttributeNames.Where(name => !declared.Contains(name)).ToList();
        var editors = Entitlement.AttributeNames.Except(missing).ToDictionary(name => name, name => Editors(declared[name].First()));
        var usersChoice = editors.Where(e => e.Value.Contains("user", StringComparer.Ordinal)).Select(e => e.Key).ToList();
        var nobodys = editors.Where(e => !e.Value.Contains("admin", StringComparer.Ordinal)).Select(e => e.Key).ToList();

        // The policy decides on undeclared attributes; absent = Keycloak's default, which drops.
        var policy = profile.Text("unmanagedAttributePolicy");
        if (policy == "ENABLED") usersChoice.AddRange(missing);
        if (usersChoice.Count > 0)
            yield return $"Users can edit their own {string.Join(", ", usersChoice)}, and so raise their tier: permit editing to admins only {Where}.";
        if (nobodys.Count > 0)
            yield return $"Administrators may not edit {string.Join(", ", nobodys)}, so no tier can be set: permit editing to admins {Where}.";
        if (missing.Count > 0 && policy is not ("ENABLED" or "ADMIN_EDIT"))
        {
            yield return $"The realm's user profile does not declare {string.Join(", ", missing)}, and Keycloak drops what is not declared: "
                + $"declare them with edit permission for admins only {Where}.";
        }
    }

    /// <summary>
    /// The document with our attributes as required, and the names of those that differed. Everything else stays as it is, because a PUT
    /// loses what it leaves out.
    /// </summary>
    public static (JsonObject Profile, IReadOnlyList<string> Added, IReadOnlyList<string> Corrected) WithOurs(JsonObject profile)
    {
        var (whole, added, corrected) = ((JsonObject)profile.DeepClone(), new List<string>(), new List<string>());
        if (whole["attributes"] is not JsonArray attributes) whole["attributes"] = attributes = [];
        foreach (var name in Entitlement.AttributeNames)
        {
            if (attributes.OfType<JsonObject>().FirstOrDefault(a => a.Text("name") == name) is not { } declared)
            {
                attributes.Add((JsonNode)new JsonObject
                {
                    ["name"] = name, ["displayName"] = name, ["permissions"] = Permissions(["admin", "user"]), ["multivalued"] = false,
                });
                added.Add(name);
            }
            else if (Editors(declared) is not ["admin"] || !Viewers(declared).Contains("admin", StringComparer.Ordinal))
            {
                declared["permissions"] = Permissions(Viewers(declared).Union(["admin"]));
                corrected.Add(name);
            }
        }

        return (whole, added, corrected);
    }

    private static JsonObject Permissions(IEnumerable<string> viewers) =>
        new() { ["view"] = new JsonArray([.. viewers.Select(v => (JsonNode?)v)]), ["edit"] = new JsonArray("admin") };

    private static IReadOnlyList<string> Viewers(JsonObject attribute) => Permitted(attribute, "view");

    private static IReadOnlyList<string> Editors(JsonObject attribute) => Permitted(attribute, "edit");

    private static IReadOnlyList<string> Permitted(JsonObject attribute, string what) =>
        (attribute["permissions"] as JsonObject)?[what] is JsonArray roles ? [.. roles.OfType<JsonValue>().Select(r => r.ToString())] : [];
}
