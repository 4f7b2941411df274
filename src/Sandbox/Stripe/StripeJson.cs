using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>Reading Stripe's objects, which stay JSON here from the first to the last: what is sent is what is kept.</summary>
internal static class StripeJson
{
    public static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();

    public static string? Text(this JsonNode node, string name) => (string?)node[name];

    /// <summary>An id, status or other text that is always there.</summary>
    public static string Name(this JsonNode node, string name) => (string?)node[name] ?? throw new InvalidOperationException($"{name} is not set.");

    public static long Whole(this JsonNode node, string name) => (long)node[name]!;

    public static bool Flag(this JsonNode node, string name) => (bool)node[name]!;

    public static IEnumerable<JsonObject> Data(this JsonNode list) => list["data"]!.AsArray().Select(n => n!.AsObject());

    public static JsonObject Copy(this JsonNode node) => node.DeepClone().AsObject();

    public static JsonObject With(this JsonObject node, params ReadOnlySpan<(string Name, JsonNode? Value)> members)
    {
        foreach (var (name, value) in members) node[name] = value;
        return node;
    }

    public static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(t => JsonValue.Create(t))];

    public static JsonObject List(string url, IEnumerable<JsonNode> data, bool hasMore = false) =>
        new() { ["object"] = "list", ["data"] = new JsonArray([.. data]), ["has_more"] = hasMore, ["url"] = url };

    /// <summary>The old values of what changed, as <c>previous_attributes</c> has them; null when nothing did. Arrays are one value.</summary>
    public static JsonObject? Previous(JsonObject before, JsonObject after)
    {
        var previous = new JsonObject();
        foreach (var name in before.Select(m => m.Key).Union(after.Select(m => m.Key)).ToList())
        {
            var (was, now) = (before[name], after[name]);
            if (JsonNode.DeepEquals(was, now)) continue;
            previous[name] = was is JsonObject wasObject && now is JsonObject nowObject ? Previous(wasObject, nowObject) : was?.DeepClone();
        }

        return previous.Count == 0 ? null : previous;
    }
}
