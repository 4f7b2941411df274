using System.Runtime.InteropServices;
using System.Text.Json;

namespace Stripe;

/// <summary>The members of one JSON object, read strictly by name; the path is for the message when one is wrong. Null is as good as absent.</summary>
internal readonly partial struct Fields
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64, AllowDuplicateProperties = false };
    private static readonly long MaxUnixSeconds = DateTimeOffset.MaxValue.ToUnixTimeSeconds();
    private readonly JsonElement element;

    private Fields(JsonElement element, string path) => (this.element, Path) = (element, path);

    public string Path { get; }

    public static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json, Strict);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new StripeEventException($"The body cannot be read as JSON: {e.Message}", e);
        }
    }

    public static Fields Of(JsonElement element, string path) => element.ValueKind == JsonValueKind.Object
        ? new Fields(element, path)
        : throw new StripeEventException(path, $"should be an object, and is {Describe(element)}.");

    public string Id(string name) => IdOrNull(name) ?? throw Missing(name);

    public string? IdOrNull(string name)
    {
        var id = TextOrNull(name);
        return id is null || IsId(id) ? id : throw Wrong(name, "should be an id of printable ASCII characters, 255 at most.");
    }

    /// <summary>The id of a member that Stripe may have expanded: either the id itself or the object that has it.</summary>
    public string? ExpandableId(string name) =>
        Member(name).ValueKind == JsonValueKind.Object ? Object(name).Id("id") : IdOrNull(name);

    public T? Expanded<T>(string name, Func<Fields, T> read) where T : class =>
        Member(name).ValueKind == JsonValueKind.Object ? read(Object(name)) : null;

    public string Text(string name) => TextOrNull(name) ?? throw Missing(name);

    public string? TextOrNull(string name)
    {
        var member = Member(name);
        if (member.ValueKind == JsonValueKind.Undefined) return null;
        if (member.ValueKind != JsonValueKind.String) throw Wrong(name, $"should be a string, and is {Describe(member)}.");
        return TextOf(member, PathOf(name));
    }

    public long Number(string name) => NumberOrNull(name) ?? throw Missing(name);

    public long? NumberOrNull(string name)
    {
        var member = Member(name);
        if (member.ValueKind == JsonValueKind.Undefined) return null;
        if (member.ValueKind == JsonValueKind.Number && member.TryGetInt64(out var number)) return number;
        throw Wrong(name, $"should be an integer, and is {Describe(member)}.");
    }

    public bool Flag(string name) => FlagOrNull(name) ?? throw Missing(name);

    public bool? FlagOrNull(string name) => Member(name) switch
    {
        { ValueKind: JsonValueKind.Undefined } => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        var other => throw Wrong(name, $"should be true or false, and is {Describe(other)}."),
    };

    public DateTimeOffset Time(string name) => TimeOrNull(name) ?? throw Missing(name);

    public DateTimeOffset? TimeOrNull(string name)
    {
        if (NumberOrNull(name) is not { } seconds) return null;
        if (seconds < 0 || seconds > MaxUnixSeconds) throw Wrong(name, "should be a time in unix seconds.");
        return DateTimeOffset.FromUnixTimeSeconds(seconds);
    }

    public Fields Object(string name) => ObjectOrNull(name) ?? throw Missing(name);

    public Fields? ObjectOrNull(string name)
    {
        var member = Member(name);
        return member.ValueKind == JsonValueKind.Undefined ? null : Of(member, PathOf(name));
    }

    public RawObject Raw(string? kind) => new(IdOrNull("id"), kind, element.Clone());

    public ReadOnlyMemory<byte> Utf8() => JsonMarshal.GetRawUtf8Value(element).ToArray();

    private static bool IsId(string id) => id.Length is > 0 and <= 255 && !id.AsSpan().ContainsAnyExceptInRange('!', '~');

    private static string TextOf(JsonElement member, string path)
    {
        try
        {
            return member.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new StripeEventException($"{path} is not valid Unicode text.", e);
        }
    }

    // Never the text itself: it may be somebody's name or address.
    private static string Describe(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Number => $"the number {element.GetRawText()[..Math.Min(40, element.GetRawText().Length)]}",
        var kind => kind.ToString().ToLowerInvariant(),
    };

    private JsonElement Member(string name) =>
        element.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : default;

    private string PathOf(string name) => Path == "$" ? name : $"{Path}.{name}";

    private StripeEventException Missing(string name) => new(PathOf(name), "is missing.");

    private StripeEventException Wrong(string name, string problem) => new(PathOf(name), problem);
}
