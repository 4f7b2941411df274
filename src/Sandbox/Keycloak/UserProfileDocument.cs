using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>Reads the body of <c>PUT /users/profile</c>: the whole document, or a refusal.</summary>
internal static class UserProfileDocument
{
    private static readonly string[] Members = ["attributes", "groups", "unmanagedAttributePolicy"];

    private static readonly string[] AttributeMembers =
        ["name", "displayName", "validations", "annotations", "required", "permissions", "selector", "group", "multivalued", "defaultValue"];

    private static readonly string?[] Policies = [null, "ENABLED", "ADMIN_VIEW", "ADMIN_EDIT"];

    public static UserProfile Read(string body)
    {
        // The trap that the set-up must not step into: nothing at all means "back to the beginning".
        if (body.Trim() is "" or "null") return UserProfile.OfANewRealm();

        var document = Representation.Read(body, "UPConfig", Members);
        var attributes = (document["attributes"] as JsonArray)?.OfType<JsonObject>().ToList() ?? [];
        foreach (var attribute in attributes) Representation.RefuseUnknown(attribute, "UPAttribute", AttributeMembers, body);
        if (!Policies.Contains((string?)document["unmanagedAttributePolicy"])) throw Refusal.Error(400, "invalid_request", "Cannot parse the JSON");

        var missing = ((string[])["username", "email"]).Where(root => !attributes.Exists(a => (string?)a["name"] == root)).ToList();
        if (missing.Count > 0) throw Refusal.ErrorMessage(400, $"[{string.Join(", ", missing.Select(m => $"The attribute '{m}' can not be removed"))}]");

        foreach (var attribute in attributes) attribute.TryAdd("multivalued", false);
        return new UserProfile(document);
    }
}
