using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>UserRepresentation on the wire: strict when read, in the measured order of members when written.</summary>
internal static class Representation
{
    private static readonly string[] UserMembers =
    [
        "id", "username", "firstName", "lastName", "email", "emailVerified", "attributes", "userProfileMetadata", "enabled", "self", "origin",
        "createdTimestamp", "totp", "federationLink", "serviceAccountClientId", "credentials", "disableableCredentialTypes", "requiredActions",
        "federatedIdentities", "realmRoles", "clientRoles", "clientConsents", "notBefore", "applicationRoles", "socialLinks", "groups", "access",
    ];

    /// <summary>A user as sent by a caller; an unknown member is refused, as Jackson does there.</summary>
    public static JsonObject ReadUser(string body) => Read(body, "UserRepresentation", UserMembers);

    public static JsonObject Read(string body, string type, string[] members)
    {
        JsonObject? representation;
        try
        {
            representation = JsonNode.Parse(body, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject;
        }
        catch (JsonException)
        {
            representation = null;
        }

        if (representation is null) throw Refusal.Error(400, "invalid_request", "Cannot parse the JSON");
        RefuseUnknown(representation, type, members, body);
        return representation;
    }

    public static void RefuseUnknown(JsonObject given, string type, string[] members, string body)
    {
        var unknown = given.Select(m => m.Key).FirstOrDefault(name => !members.Contains(name));
        if (unknown is null) return;
        var column = body.IndexOf($"\"{unknown}\"", StringComparison.Ordinal) + unknown.Length + 4;
        throw Refusal.Error(400, string.Create(CultureInfo.InvariantCulture,
            $"Invalid json representation for {type}. Unrecognized field \"{unknown}\" at line 1 column {column}."));
    }

    /// <summary>The attributes that a caller sent, or null when there is no such member. A single text counts as a list of one.</summary>
    public static Dictionary<string, ImmutableArray<string>>? Attributes(JsonObject given)
    {
        if (given["attributes"] is null) return null;
        if (given["attributes"] is not JsonObject attributes) throw Refusal.Error(400, "invalid_request", "Cannot parse the JSON");
        return attributes.ToDictionary(
            a => a.Key, a => a.Value is JsonArray list ? [.. list.Select(Text)] : ImmutableArray.Create(Text(a.Value)), StringComparer.Ordinal);
    }

    public static string? Text(JsonObject given, string member) => given[member] is { } value ? Text(value) : null;

    public static bool? Flag(JsonObject given, string member) => given[member] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<bool>(out var flag) => flag,
        _ => throw Refusal.Error(400, "invalid_request", "Cannot parse the JSON"),
    };

    /// <summary>A single read: six access flags. <c>attributes</c> is absent, not {}, when there is nothing to show.</summary>
    public static JsonObject Full(KeycloakUser user, UserProfile profile)
    {
        var written = Write(user, profile, brief: false);
        written["access"] = new JsonObject
        {
            ["manageGroupMembership"] = true, ["resetPassword"] = true, ["view"] = true, ["mapRoles"] = true, ["impersonate"] = false, ["manage"] = true,
        };
        return written;
    }

    /// <summary>An item of a list: one access flag; the brief form has no attributes.</summary>
    public static JsonObject Item(KeycloakUser user, UserProfile profile, bool brief)
    {
        var written = Write(user, profile, brief);
        written["access"] = new JsonObject { ["manage"] = true };
        return written;
    }

    private static JsonObject Write(KeycloakUser user, UserProfile profile, bool brief)
    {
        var written = new JsonObject { ["id"] = user.Id, ["username"] = user.Username };
        if (user.FirstName is not null) written["firstName"] = user.FirstName;
        if (user.LastName is not null) written["lastName"] = user.LastName;
        if (user.Email is not null) written["email"] = user.Email;
        written["emailVerified"] = user.EmailVerified;
        var shown = user.Attributes.Where(a => !brief && profile.CanView(a.Key)).ToList();
        if (shown.Count > 0) written["attributes"] = new JsonObject(shown.Select(a => KeyValuePair.Create<string, JsonNode?>(a.Key, List(a.Value))));
        written["enabled"] = user.Enabled;
        written["createdTimestamp"] = user.CreatedTimestamp;
        if (brief) return written;
        written["totp"] = false;
        written["disableableCredentialTypes"] = new JsonArray();
        written["requiredActions"] = List(user.RequiredActions);
        written["notBefore"] = 0;
        return written;
    }

    private static JsonArray List(ImmutableArray<string> values) => new([.. values.Select(v => (JsonNode?)v)]);

    private static string Text(JsonNode? value) =>
        value is JsonValue text && text.TryGetValue<string>(out var read) ? read : throw Refusal.Error(400, "invalid_request", "Cannot parse the JSON");
}
