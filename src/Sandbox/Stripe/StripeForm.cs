using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;

namespace BillingMonolith.Sandbox;

/// <summary>A form or query with brackets as a tree: <c>line_items[0][price]=x</c> is <c>["line_items"]["0"]["price"]</c>.</summary>
/// <remarks>It belongs to a version of the API, by which it is read. Forms of the sandbox's own are of the newest.</remarks>
internal sealed class StripeForm(string path = "", string version = StripeRendering.Endive)
{
    private readonly Dictionary<string, StripeForm> children = [];
    private string? value;

    public string Path { get; } = path;

    public string? Value => value;

    public IEnumerable<string> Names => children.Keys;

    public static StripeForm Parse(string encoded, string version = StripeRendering.Endive)
    {
        var root = new StripeForm(version: version);
        foreach (var (key, values) in QueryHelpers.ParseNullableQuery(encoded) ?? [])
        {
            foreach (var text in values) root.Put(key, text ?? "");
        }

        return root;
    }

    /// <summary>The value, "" when it was sent empty (which unsets), null when it was not sent.</summary>
    public string? Text(string name) => children.TryGetValue(name, out var child) ? child.value : null;

    public string Need(string name) => Text(name) is { Length: > 0 } text ? text : throw StripeFault.MissingParameter(PathOf(name));

    public StripeForm? Group(string name) => children.GetValueOrDefault(name);

    public IReadOnlyList<StripeForm> Items(string name) => children.TryGetValue(name, out var child) ? [.. child.children.Values] : [];

    public IReadOnlyList<string> Texts(string name) => [.. Items(name).Select(i => i.value ?? "")];

    public long? Whole(string name) => Text(name) is not { Length: > 0 } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
        : throw StripeFault.Bad($"Invalid integer: {text}", PathOf(name), "parameter_invalid_integer");

    public bool? Flag(string name) => Text(name) switch
    {
        null or "" => null,
        "true" => true,
        "false" => false,
        var text => throw StripeFault.Bad($"Invalid boolean: {text}", PathOf(name)),
    };

    /// <summary>A map of texts, within Stripe's limits for metadata.</summary>
    public JsonObject Metadata(string name)
    {
        var map = new JsonObject();
        if (Group(name) is not { } group) return map;
        foreach (var (key, child) in group.children)
        {
            if (key.Length > 40) throw StripeFault.Bad($"Metadata keys can be at most 40 characters long: {key}", child.Path);
            if (child.value is { Length: > 500 }) throw StripeFault.Bad($"Metadata values can be at most 500 characters long: {key}", child.Path);
            if (child.value is { Length: > 0 }) map[key] = child.value;
        }

        return map.Count <= 50 ? map : throw StripeFault.Bad("You can have at most 50 metadata keys.", group.Path);
    }

    /// <summary>Changes kept metadata as sent: an empty value removes its key, an empty <c>metadata</c> removes all.</summary>
    public void Merge(string name, JsonObject kept)
    {
        if (Text(name) is "") kept.Clear();
        foreach (var (key, _) in Group(name)?.children ?? []) kept.Remove(key);
        foreach (var (key, node) in Metadata(name)) kept[key] = node!.DeepClone();
    }

    /// <summary>The version is this one or a newer one.</summary>
    public bool Since(string release) => string.CompareOrdinal(version, release) >= 0;

    /// <summary>Refuses what is not in the list: names with a blank between, <c>a&gt;=clover</c> since a release, <c>a&lt;endive</c> before one.</summary>
    public void Only(string allowed)
    {
        var names = allowed.Split(' ').Where(Exists).Select(name => name.Split('<', '>')[0]).ToHashSet(StringComparer.Ordinal);
        var unknown = children.FirstOrDefault(c => !names.Contains(c.Key));
        if (unknown.Value is not null) throw StripeFault.UnknownParameter(unknown.Value.Path);
    }

    public string PathOf(string name) => Path.Length == 0 ? name : $"{Path}[{name}]";

    private bool Exists(string name) =>
        name.Split('<') is [_, var end] ? !Since(Release(end)) : name.Split(">=") is not [_, var start] || Since(Release(start));

    private static string Release(string name) => StripeRendering.Versions.Single(v => v.EndsWith(name, StringComparison.Ordinal));

    private void Put(string key, string text)
    {
        var node = this;
        foreach (var part in key.Split('[').Select(p => p.TrimEnd(']')))
        {
            var name = part.Length > 0 ? part : node.children.Count.ToString(CultureInfo.InvariantCulture);
            if (!node.children.TryGetValue(name, out var child)) node.children[name] = child = new StripeForm(node.PathOf(name), version);
            node = child;
        }

        node.value = text;
    }
}
