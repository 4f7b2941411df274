using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>
/// The realm's user profile: which attributes exist, and what an administrator may see and write of them. An attribute that is not declared is
/// hidden and dropped without a word, unless the unmanaged policy says otherwise (Keycloak 24 and later).
/// </summary>
internal sealed class UserProfile(JsonObject document)
{
    public static readonly string[] RootAttributes = ["username", "email", "firstName", "lastName"];

    public static readonly string[] SubscriptionAttributes =
    [
        "subscription_tier", "subscription_status", "stripe_customer_id", "stripe_subscription_id", "subscription_start_date", "subscription_end_date",
    ];

    public JsonObject Document => (JsonObject)document.DeepClone();

    private string? Policy => (string?)document["unmanagedAttributePolicy"];

    private IEnumerable<JsonObject> Declared => document["attributes"] is JsonArray list ? list.OfType<JsonObject>() : [];

    /// <summary>What a created realm starts with; an empty PUT goes back to this.</summary>
    public static UserProfile OfANewRealm() => new(new JsonObject
    {
        ["attributes"] = new JsonArray(
            Declare("username", "${username}", """{"length":{"min":3,"max":255},"username-prohibited-characters":{},"up-username-not-idn-homograph":{}}"""),
            Declare("email", "${email}", """{"email":{},"length":{"max":255}}""", requiredForUsers: true),
            Declare("firstName", "${firstName}", """{"length":{"max":255},"person-name-prohibited-characters":{}}""", requiredForUsers: true),
            Declare("lastName", "${lastName}", """{"length":{"max":255},"person-name-prohibited-characters":{}}""", requiredForUsers: true)),
        ["groups"] = JsonNode.Parse("""
            [{"name":"user-metadata","displayHeader":"User metadata","displayDescription":"Attributes, which refer to user metadata"}]
            """),
    });

    /// <summary>The sandbox's realm: two attributes of others, which must survive, and ours, which only administrators may write.</summary>
    public static UserProfile OfTheSandbox(bool withSubscription)
    {
        var profile = OfANewRealm().Document;
        var attributes = profile["attributes"]!.AsArray();
        foreach (var name in (string[])["locale", "department"]) attributes.Add((JsonNode)Declare(name, name, "{}"));
        foreach (var name in withSubscription ? SubscriptionAttributes : []) attributes.Add((JsonNode)Declare(name, name, "{}", edit: ["admin"]));
        return new UserProfile(profile);
    }

    public bool Declares(string name) => Find(name) is not null;

    public bool CanView(string name) => Find(name) is { } declared ? Permits(declared, "view") : Policy is not null;

    /// <summary>Whether an administrator's PUT may set or remove it.</summary>
    public bool CanEdit(string name) => Find(name) is { } declared ? Permits(declared, "edit") : Policy is "ENABLED" or "ADMIN_EDIT";

    /// <summary>Errors of the values that an administrator wants to store, in the shape of Keycloak's ErrorRepresentation.</summary>
    public IReadOnlyList<JsonObject> Validate(IReadOnlyDictionary<string, ImmutableArray<string>> values)
    {
        var errors = new List<JsonObject>();
        foreach (var declared in Declared.Where(RequiredOfAdministrators).Select(Name).Where(name => !values.ContainsKey(name)))
            errors.Add(Error(declared, "error-user-attribute-required"));
        foreach (var (name, list) in values)
        {
            var rules = Find(name)?["validations"] as JsonObject;
            var maximum = (int?)rules?["length"]?["max"] ?? 2048;
            if (list.Any(v => v.Length > maximum)) errors.Add(Error(name, "error-invalid-length-too-long", "", maximum));
            if (rules?["options"]?["options"] is JsonArray options && !list.All(v => options.Any(o => (string?)o == v)))
                errors.Add(Error(name, "error-invalid-value"));
        }

        return errors;
    }

    public static JsonObject Error(string field, string message, params JsonNode[] more) =>
        new() { ["field"] = field, ["errorMessage"] = message, ["params"] = new JsonArray([field, .. more]) };

    private JsonObject? Find(string name) => Declared.FirstOrDefault(a => Name(a) == name);

    private static string Name(JsonObject attribute) => (string?)attribute["name"] ?? "";

    private static bool Permits(JsonObject attribute, string what) =>
        attribute["permissions"]?[what] is JsonArray roles && roles.Any(r => (string?)r == "admin");

    private static bool RequiredOfAdministrators(JsonObject attribute) =>
        attribute["required"] is JsonObject required && (required["roles"] is not JsonArray { Count: > 0 } roles || roles.Any(r => (string?)r == "admin"));

    private static JsonObject Declare(string name, string displayName, string validations, bool requiredForUsers = false, string[]? edit = null)
    {
        var declared = new JsonObject { ["name"] = name, ["displayName"] = displayName, ["validations"] = JsonNode.Parse(validations) };
        if (requiredForUsers) declared["required"] = new JsonObject { ["roles"] = new JsonArray("user") };
        declared["permissions"] = new JsonObject
        {
            ["view"] = new JsonArray("admin", "user"),
            ["edit"] = new JsonArray([.. (edit ?? ["admin", "user"]).Select(role => (JsonNode?)role)]),
        };
        declared["multivalued"] = false;
        return declared;
    }
}
