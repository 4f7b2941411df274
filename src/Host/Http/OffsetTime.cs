using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace BillingMonolith.Host.Http;

/// <summary>A time with its offset (RFC 3339). Without one it would be in the host's own zone, which the sender does not know.</summary>
internal sealed class OffsetTime : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && reader.GetString() is { Length: > 10 } text && HasOffset(text) && reader.TryGetDateTimeOffset(out var time)
            ? time
            : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture));

    private static bool HasOffset(string text) => text.EndsWith('Z') || text.AsSpan(10).IndexOfAny('+', '-') >= 0;
}
