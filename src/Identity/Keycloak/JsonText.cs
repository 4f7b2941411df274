using System.Text.Json.Nodes;

namespace BillingMonolith.Identity.Keycloak;

/// <summary>Reads documents that are kept as JSON.</summary>
internal static class JsonText
{
    /// <summary>A member's text, or null when there is none.</summary>
    public static string? Text(this JsonObject json, string member) => json[member] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
