using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stripe;

/// <summary>
/// A request's parameters as Stripe wants them: <c>application/x-www-form-urlencoded</c> with brackets. An options object is serialised to JSON in
/// snake_case and flattened: <c>line_items[0][price]=…</c>, <c>metadata[k]=v</c>, <c>expand[]=…</c>. Null is left out, the empty string unsets.
/// </summary>
internal sealed class FormContent : ByteArrayContent
{
    private static readonly JsonSerializerOptions Snake = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new UnixSeconds() },
    };

    public FormContent(object? options) : base(Encoding.UTF8.GetBytes(Encode(options))) =>
        Headers.ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded");

    public static string Encode(object? options)
    {
        if (options is null) return "";
        var form = new StringBuilder();
        Write(form, "", JsonSerializer.SerializeToElement(options, options.GetType(), Snake));
        return form.ToString();
    }

    private static void Write(StringBuilder form, string name, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    var key = Uri.EscapeDataString(member.Name);
                    Write(form, name.Length == 0 ? key : $"{name}[{key}]", member.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (var (i, item) in value.EnumerateArray().Index())
                {
                    Write(form, item.ValueKind == JsonValueKind.Object ? string.Create(CultureInfo.InvariantCulture, $"{name}[{i}]") : $"{name}[]", item);
                }

                break;
            case JsonValueKind.Null:
                break;
            default:
                if (form.Length > 0) form.Append('&');
                form.Append(name).Append('=').Append(Uri.EscapeDataString(TextOf(value)));
                break;
        }
    }

    private static string TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.String => value.GetString()!,
        _ => value.GetRawText(),
    };

    private sealed class UnixSeconds : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            DateTimeOffset.FromUnixTimeSeconds(reader.GetInt64());

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value.ToUnixTimeSeconds());
    }
}
