using System.Text.Json.Nodes;

namespace BillingMonolith.Identity.Keycloak;

/// <summary>
/// Judges the realm's user profile: each of our attributes must be writable for administrators and for nobody else. One that is not declared is
/// dropped without a word; one that its user can edit makes him choose his own tier.
/// </summary>
internal static class RealmProfile
{
    private const string Where = "(Realm settings, User profile, or the set-up command)";

    /// <summary>What is wrong, one sentence each with what to do; empty when all is well.</summary>
    public static IEnumerable<string> Problems(JsonObject profile)
    {
        var declared = (profile["attributes"] as JsonArray ?? []).OfType<JsonObject>()
            .ToLookup(a => KeycloakClient.Text(a, "name"), StringComparer.Ordinal);
        var missing = Entitlement.AttributeNames.Where(name => !declared.Contains(name)).ToList();
        var editors = Entitlement.AttributeNames.Except(missing).ToDictionary(name => name, name => Editors(declared[name].First()));
        var usersChoice = editors.Where(e => e.Value.Contains("user", StringComparer.Ordinal)).Select(e => e.Key).ToList();
        var nobodys = editors.Where(e => !e.Value.Contains("admin", StringComparer.Ordinal)).Select(e => e.Key).ToList();

        // What is not declared goes by the policy; absent = Keycloak's default, which drops.
        var policy = KeycloakClient.Text(profile, "unmanagedAttributePolicy");
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

    private static IReadOnlyList<string> Editors(JsonObject attribute) =>
        (attribute["permissions"] as JsonObject)?["edit"] is JsonArray roles ? [.. roles.OfType<JsonValue>().Select(r => r.ToString())] : [];
}
