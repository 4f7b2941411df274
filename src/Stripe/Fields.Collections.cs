using System.Collections.ObjectModel;
using System.Text.Json;

namespace Stripe;

// Lists, arrays and dictionaries.
internal readonly partial struct Fields
{
    /// <summary>The objects of a list (<c>{object: "list", data: […], has_more}</c>), or null.</summary>
    public StripeList<T>? ListOrNull<T>(string name, Func<Fields, T> read) => ObjectOrNull(name) is { } list ? list.AsList(read) : null;

    public StripeList<T> AsList<T>(Func<Fields, T> read) => new(Each("data", read) ?? throw Missing("data"), FlagOrNull("has_more") ?? false);

    /// <summary>The objects of an array, or null.</summary>
    public List<T>? Each<T>(string name, Func<Fields, T> read)
    {
        var member = Member(name);
        if (member.ValueKind == JsonValueKind.Undefined) return null;
        if (member.ValueKind != JsonValueKind.Array) throw Wrong(name, $"should be an array, and is {Describe(member)}.");
        var items = new List<T>(member.GetArrayLength());
        foreach (var item in member.EnumerateArray()) items.Add(read(Of(item, $"{PathOf(name)}[{items.Count}]")));
        return items;
    }

    /// <summary>The elements of an array that Stripe may have expanded, each one an id or an object; empty when it is absent.</summary>
    public List<T> EachExpandable<T>(string name, Func<string, T> fromId, Func<Fields, T> read)
    {
        var member = Member(name);
        if (member.ValueKind == JsonValueKind.Undefined) return [];
        if (member.ValueKind != JsonValueKind.Array) throw Wrong(name, $"should be an array, and is {Describe(member)}.");
        var path = PathOf(name);
        return [.. member.EnumerateArray().Select((item, i) => item.ValueKind == JsonValueKind.String
            ? fromId(TextOf(item, $"{path}[{i}]"))
            : read(Of(item, $"{path}[{i}]")))];
    }

    /// <summary>The texts of an array; empty when it is absent.</summary>
    public List<string> Texts(string name) =>
        EachExpandable<string>(name, text => text, item => throw new StripeEventException(item.Path, "should be a string, and is an object."));

    public IReadOnlyDictionary<string, string> Metadata(string name = "metadata")
    {
        if (ObjectOrNull(name) is not { } json) return ReadOnlyDictionary<string, string>.Empty;
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in json.Keys()) metadata[key] = json.Text(key);
        return metadata;
    }

    /// <summary>The members of an object, copied out of the document; empty when it is absent.</summary>
    public IReadOnlyDictionary<string, JsonElement> CopyOrEmpty(string name)
    {
        if (ObjectOrNull(name) is not { } json) return ReadOnlyDictionary<string, JsonElement>.Empty;
        var copy = json.element.Clone();
        return json.Keys().ToDictionary(key => key, key => copy.GetProperty(key), StringComparer.Ordinal);
    }

    private List<string> Keys() => [.. element.EnumerateObject().Select(member => member.Name)];
}
