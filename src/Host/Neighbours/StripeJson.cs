using System.Text.Json;

namespace BillingMonolith.Host.Neighbours;

/// <summary>Reads JSON of Stripe's strictly, and names the place of a problem. Null counts as absent.</summary>
internal static class StripeJson
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64, AllowDuplicateProperties = false };
    // Beyond it Stripe.net reads seconds as milliseconds: the year 2160 would become 1970.
    private const long MaxUnixSeconds = 5_000_000_000;

    /// <exception cref="StripeEventException">It is no JSON, is deeper than 64, or has a duplicate member.</exception>
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

    /// <summary>Checks an object against the shape of its kind.</summary>
    /// <param name="path">Its path, for the message; empty for the whole body.</param>
    /// <exception cref="StripeEventException">A required member is missing or of the wrong form. Names the place, and no value.</exception>
    public static void Check(JsonElement json, string kind, string path)
    {
        if (json.ValueKind != JsonValueKind.Object) throw new StripeEventException(Name(path), $"should be an object, and is {Describe(json)}.");
        foreach (var member in StripeShape.Of(kind))
        {
            var value = Get(json, member.Name);
            if (value.ValueKind != JsonValueKind.Undefined) Check(value, member, Join(path, member.Name));
            else if (member.IsRequired) throw new StripeEventException(Join(path, member.Name), "is missing.");
        }

        if (kind == "subscription") CheckPeriods(json, path);
    }

    /// <summary>The member; undefined when it is absent or null.</summary>
    public static JsonElement Get(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : default;

    private static void Check(JsonElement value, Member member, string path)
    {
        switch (member.Form)
        {
            case Form.Id: CheckId(value, path); break;
            case Form.Text: CheckText(value, path); break;
            case Form.Integer: CheckInteger(value, path); break;
            case Form.Time: CheckTime(value, path); break;
            case Form.Flag when value.ValueKind is not (JsonValueKind.True or JsonValueKind.False):
                throw new StripeEventException(path, $"should be true or false, and is {Describe(value)}.");
            case Form.Reference: CheckReference(value, member.Kind, path); break;
            case Form.Metadata: CheckMetadata(value, path); break;
            case Form.Object: Check(value, member.Kind!, path); break;
            case Form.List: CheckList(value, member.Kind!, path); break;
            case Form.Each: CheckEach(value, member.Kind!, path); break;
        }
    }

    // Before basil the period belonged to the subscription, one for all items.
    private static void CheckPeriods(JsonElement subscription, string path)
    {
        foreach (var (i, item) in subscription.GetProperty("items").GetProperty("data").EnumerateArray().Index())
        {
            foreach (var name in (string[])["current_period_start", "current_period_end"])
            {
                if (Get(item, name).ValueKind == JsonValueKind.Undefined && Get(subscription, name).ValueKind == JsonValueKind.Undefined)
                    throw new StripeEventException(Join(path, $"items.data[{i}].{name}"), "is missing.");
            }
        }
    }

    private static void CheckId(JsonElement value, string path)
    {
        CheckText(value, path);
        if (value.GetString() is not { Length: > 0 and <= 255 } id || id.AsSpan().ContainsAnyExceptInRange('!', '~'))
            throw new StripeEventException(path, "should be an id of printable ASCII characters, 255 at most.");
    }

    private static void CheckText(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.String) throw new StripeEventException(path, $"should be a string, and is {Describe(value)}.");
        try
        {
            value.GetString();
        }
        catch (InvalidOperationException e)
        {
            throw new StripeEventException($"{path} is not valid Unicode text.", e);
        }
    }

    private static void CheckInteger(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out _))
            throw new StripeEventException(path, $"should be an integer, and is {Describe(value)}.");
    }

    private static void CheckTime(JsonElement value, string path)
    {
        CheckInteger(value, path);
        if (value.GetInt64() is var seconds && (seconds < 0 || seconds > MaxUnixSeconds))
            throw new StripeEventException(path, "should be a time in unix seconds.");
    }

    private static void CheckReference(JsonElement value, string? kind, string path)
    {
        if (value.ValueKind != JsonValueKind.Object) CheckId(value, path);
        else if (kind is not null) Check(value, kind, path);
        else if (Get(value, "id") is { ValueKind: not JsonValueKind.Undefined } id) CheckId(id, Join(path, "id"));
        else throw new StripeEventException(Join(path, "id"), "is missing.");
    }

    private static void CheckMetadata(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Object) throw new StripeEventException(path, $"should be an object, and is {Describe(value)}.");
        foreach (var note in value.EnumerateObject()) CheckText(note.Value, Join(path, note.Name));
    }

    private static void CheckList(JsonElement value, string kind, string path)
    {
        if (value.ValueKind != JsonValueKind.Object) throw new StripeEventException(path, $"should be an object, and is {Describe(value)}.");
        var data = Get(value, "data");
        if (data.ValueKind == JsonValueKind.Undefined) throw new StripeEventException(Join(path, "data"), "is missing.");
        CheckEach(data, kind, Join(path, "data"));
    }

    private static void CheckEach(JsonElement value, string kind, string path)
    {
        if (value.ValueKind != JsonValueKind.Array) throw new StripeEventException(path, $"should be an array, and is {Describe(value)}.");
        foreach (var (i, item) in value.EnumerateArray().Index()) Check(item, kind, $"{path}[{i}]");
    }

    // Never the text itself, which may be somebody's name or address.
    private static string Describe(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Number => $"the number {element.GetRawText()[..Math.Min(40, element.GetRawText().Length)]}",
        var kind => kind.ToString().ToLowerInvariant(),
    };

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static string Name(string path) => path.Length == 0 ? "$" : path;
}
