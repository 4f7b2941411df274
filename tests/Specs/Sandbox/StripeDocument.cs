using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using BillingMonolith.Sandbox;
using BillingMonolith.Specs.StripeNeighbour;

namespace BillingMonolith.Specs.Sandbox;

/// <summary>The OpenAPI document of a version: what it says of an answer, and of the parameters of a request.</summary>
internal sealed class StripeDocument
{
    private static readonly ConcurrentDictionary<string, StripeDocument> Read = new();

    // Real payloads carry them on subscriptions of one item, undocumented.
    private static readonly string[] Undocumented = ["plan", "quantity"];
    private readonly JsonNode root;

    private StripeDocument(string file)
    {
        root = JsonNode.Parse(Contracts.Read(file))!;
        // Types of events belong to no version: an old endpoint gets the new ones too.
        Component("event")!["properties"]!["type"]!.AsObject().Remove("x-extensible-enum");
    }

    public string Version => root["info"]!.Name("version");

    public static StripeDocument Of(string version) => Read.GetOrAdd(version, v => new StripeDocument(v switch
    {
        StripeRendering.Endive => "stripe.endive-2026-10-28.openapi.json",
        StripeRendering.Clover => "stripe.openapi.json",
        _ => "stripe.legacy-2024-06-20.openapi.json",
    }));

    /// <summary>The kinds of objects that it describes.</summary>
    public IEnumerable<string> Kinds => root["components"]!["schemas"]!.AsObject().Select(s => s.Key);

    /// <summary>What an object of its own kind has too much, too little, or otherwise than documented.</summary>
    public IReadOnlyList<string> Faults(JsonNode thing) => Faults(thing, Component(thing.Name("object"))!, thing.Name("object"));

    /// <summary>The same for what an operation answers; null when the document has no such operation.</summary>
    public IReadOnlyList<string>? Faults(string method, string path, JsonNode answer) => Operation(method, path) is not { } operation ? null
        : Faults(answer, operation["responses"]!["200"]!["content"]!["application/json"]!["schema"]!, $"{method} {path}");

    /// <summary>The values that the document allows for a parameter of a request's body.</summary>
    public IReadOnlyList<string> Values(string method, string path, string parameter)
    {
        var schema = Body(Operation(method, path)!)[parameter]!;
        return [.. Enumeration(schema["items"] ?? schema)!.Select(v => (string)v!)];
    }

    /// <summary>The parameters of a request; null when the document has no such operation.</summary>
    public IReadOnlyList<string>? Parameters(string method, string path) => Operation(method, path) is not { } operation ? null
        : [.. Body(operation).Select(p => p.Key), .. operation["parameters"]!.AsArray().Where(p => p!.Text("in") == "query").Select(p => p!.Name("name"))];

    private static JsonObject Body(JsonNode operation) =>
        operation["requestBody"]?["content"]!["application/x-www-form-urlencoded"]!["schema"]!["properties"]?.AsObject() ?? [];

    private JsonNode? Operation(string method, string path)
    {
        var parts = path.Split('/');
        return root["paths"]!.AsObject().FirstOrDefault(p => p.Key.Split('/') is var template && template.Length == parts.Length &&
            template.Zip(parts).All(t => t.First == t.Second || t.First.StartsWith('{'))).Value?[method.ToLowerInvariant()];
    }

    private JsonNode? Component(string kind) => root["components"]!["schemas"]![kind];

    private List<string> Faults(JsonNode? value, JsonNode schema, string at)
    {
        if (schema.Text("$ref") is { } reference) return Faults(value, Component(reference.Split('/')[^1])!, at);
        if (schema["anyOf"] is JsonArray choices) return Choose(value, choices, at);
        var kind = Type(value);
        if (Types(schema) is { Count: > 0 } types && !types.Contains(kind) && !(kind == "integer" && types.Contains("number")))
            return [$"{at} is {kind}, not {string.Join(" or ", types)}"];
        if (Enumeration(schema) is { } allowed && !allowed.Any(a => JsonNode.DeepEquals(a, value)))
            return [$"{at} is {value?.ToJsonString() ?? "null"}, which is not documented"];
        return value switch
        {
            JsonArray array when schema["items"] is { } items => [.. array.SelectMany(element => Faults(element, items, $"{at}[]"))],
            JsonObject thing when schema["properties"] is JsonObject properties => Members(thing, schema, properties, at),
            JsonObject thing when schema["additionalProperties"] is JsonObject each => [.. thing.SelectMany(m => Faults(m.Value, each, $"{at}.{m.Key}"))],
            _ => [],
        };
    }

    /// <summary>The choice that fits best; an expanded object is judged by what it expands to, as far as that is described.</summary>
    private List<string> Choose(JsonNode? value, JsonArray choices, string at) => choices.Select(choice =>
    {
        if (value is not JsonObject || choice!.Text("x-expandsTo") is not { } kind) return Faults(value, choice!, at);
        return Component(kind) is { } full ? Faults(value, full, at) : [];
    }).MinBy(f => f.Count)!;

    private List<string> Members(JsonObject thing, JsonNode schema, JsonObject properties, string at)
    {
        var required = (schema["required"]?.AsArray() ?? []).Select(r => (string)r!);
        List<string> faults = [.. required.Where(r => !thing.ContainsKey(r)).Select(r => $"{at}.{r} is missing")];
        foreach (var (name, value) in thing)
        {
            if (properties[name] is { } known) faults.AddRange(Faults(value, known, $"{at}.{name}"));
            else if (schema["additionalProperties"] is not { } open || (open is JsonValue flag && !(bool)flag))
            {
                if (thing.Text("object") != "subscription" || !Undocumented.Contains(name)) faults.Add($"{at}.{name} is not documented");
            }
        }

        return faults;
    }

    private static List<string> Types(JsonNode schema) => schema["type"] switch
    {
        JsonArray several => [.. several.Select(t => (string)t!)],
        null => [],
        var one => [(string)one!],
    };

    /// <summary>Enumerations that Stripe may lengthen bind the stand-in all the same: it invents no values.</summary>
    private static JsonArray? Enumeration(JsonNode schema)
    {
        if (schema["enum"] is JsonArray closed) return closed;
        if (schema["x-extensible-enum"] is not JsonArray open) return null;
        var values = open.DeepClone().AsArray();
        if (Types(schema).Contains("null")) values.Add(null);
        return values;
    }

    private static string Type(JsonNode? value) => value?.GetValueKind() switch
    {
        null => "null",
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        _ => value.ToJsonString().Contains('.', StringComparison.Ordinal) ? "number" : "integer",
    };
}
