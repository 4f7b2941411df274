using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>The versions of the API. Objects are kept in the newest shape; a reader of an older one gets a copy with the changes taken back.</summary>
internal sealed class StripeRendering(StripeStore store)
{
    public const string Endive = "2026-10-28.endive";
    public const string Clover = "2025-11-17.clover";
    public const string Legacy = "2024-06-20";

    /// <summary>Newest first.</summary>
    public static readonly string[] Versions = [Endive, Clover, Legacy];
    public static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true };

    private readonly StripeLegacyShape legacy = new(store);

    /// <summary>A copy as a reader of this version sees it: one step back for each version between.</summary>
    public JsonObject Render(JsonObject thing, string version)
    {
        if (thing.ContainsKey("deleted")) return Tombstone(thing);
        var copy = thing.Copy();
        if (version == Endive) return copy;
        Each(copy, StripeCloverShape.TakeBack);
        if (version == Legacy) Each(copy, legacy.TakeBack);
        return copy;
    }

    /// <summary>What sort of object it is; null where "object" is not a text, as in an event's data.</summary>
    public static string? Kind(JsonObject thing) =>
        thing["object"] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? (string?)value : null;

    /// <summary>What is left of what was deleted.</summary>
    public static JsonObject Tombstone(JsonObject gone) => new() { ["id"] = gone.Text("id"), ["object"] = gone.Text("object"), ["deleted"] = true };

    public static JsonObject Drop(JsonObject thing, params ReadOnlySpan<string> names)
    {
        foreach (var name in names) thing.Remove(name);
        return thing;
    }

    /// <summary>An event keeps the shape of its birth.</summary>
    private static void Each(JsonNode? node, Action<JsonObject> step)
    {
        if (node is JsonArray array)
        {
            foreach (var element in array) Each(element, step);
            return;
        }

        if (node is not JsonObject thing || Kind(thing) == "event") return;
        step(thing);
        foreach (var (_, child) in thing.ToList()) Each(child, step);
    }
}
