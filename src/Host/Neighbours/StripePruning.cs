using System.Buffers;
using System.Text.Json;

namespace BillingMonolith.Host.Neighbours;

/// <summary>
/// The input of Stripe.net: only the members of <see cref="StripeShape"/>. So an unused member can neither make an event
/// unreadable (its converters throw on odd times, amounts and unions) nor cost time, because an entity inside an entity is parsed twice.
/// </summary>
internal static class StripePruning
{
    /// <summary>An object that passed the check of its kind's shape, as UTF-8 JSON with the members of that shape.</summary>
    public static ReadOnlySpan<byte> Pruned(JsonElement json, string kind)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true })) WriteObject(writer, json, kind);
        return buffer.WrittenSpan;
    }

    private static void WriteObject(Utf8JsonWriter writer, JsonElement json, string kind)
    {
        writer.WriteStartObject();
        Copy(writer, json, "object");
        foreach (var member in StripeShape.Of(kind))
        {
            var value = StripeJson.Get(json, member.Name);
            if (value.ValueKind == JsonValueKind.Undefined) continue;
            writer.WritePropertyName(member.Name);
            Write(writer, value, member);
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value, Member member)
    {
        switch (member.Form)
        {
            case Form.Object:
                WriteObject(writer, value, member.Kind!);
                break;
            case Form.Reference when value.ValueKind == JsonValueKind.Object:
                if (member.Kind is { } kind) WriteObject(writer, value, kind);
                else StripeJson.Get(value, "id").WriteTo(writer);
                break;
            case Form.Each:
                WriteEach(writer, value, member.Kind!);
                break;
            case Form.List:
                writer.WriteStartObject();
                Copy(writer, value, "object");
                Copy(writer, value, "has_more");
                writer.WritePropertyName("data");
                WriteEach(writer, value.GetProperty("data"), member.Kind!);
                writer.WriteEndObject();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private static void WriteEach(Utf8JsonWriter writer, JsonElement array, string kind)
    {
        writer.WriteStartArray();
        foreach (var item in array.EnumerateArray()) WriteObject(writer, item, kind);
        writer.WriteEndArray();
    }

    private static void Copy(Utf8JsonWriter writer, JsonElement json, string name)
    {
        if (StripeJson.Get(json, name) is not { ValueKind: JsonValueKind.String or JsonValueKind.True or JsonValueKind.False } value) return;
        writer.WritePropertyName(name);
        value.WriteTo(writer);
    }
}
