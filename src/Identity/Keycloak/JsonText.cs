using System.Text.Json.Nodes;

namespace BillingMonolith.Identity.Keycloak;

/// <summary>Reads JSON documents.</summary>
internal static class JsonText
{
    /// <summary>A member's text, or null when there is none.</summary>
    public static string? Text(this JsonObject json, string member) => json[member] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
