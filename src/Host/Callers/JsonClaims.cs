using System.Text.Json;

namespace BillingMonolith.Host.Callers;

/// <summary>Reads a token's members by their kind: a member of another kind counts as absent.</summary>
internal static class JsonClaims
{
    extension(JsonElement members)
    {
        public string? Text(string name) =>
            members.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

        /// <summary>A string, or an array of only strings (as <c>aud</c> may be either); otherwise empty.</summary>
        public IReadOnlyList<string> Texts(string name)
        {
            if (members.Text(name) is { } single) return [single];
            if (!members.TryGetProperty(name, out var list) || list.ValueKind != JsonValueKind.Array) return [];
            var texts = new List<string>(list.GetArrayLength());
            foreach (var item in list.EnumerateArray())
            {
                if (item.ValueKind != JsonValueKind.String) return [];
                texts.Add(item.GetString()!);
            }

            return texts;
        }

        /// <summary>
        /// A NumericDate (RFC 7519, section 2): seconds, a fraction is allowed. Null when absent; NaN, for which every comparison is false, when it is not
        /// a number or lies outside the range of <see cref="DateTimeOffset"/>.
        /// </summary>
        public double? Date(string name)
        {
            if (!members.TryGetProperty(name, out var value)) return null;
            return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds) && seconds is >= 0 and < 253_402_300_800
                ? seconds : double.NaN;
        }
    }
}
