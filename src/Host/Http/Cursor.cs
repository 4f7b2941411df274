using System.Buffers.Text;
using System.Text.Json;
using FluentValidation;
using FluentValidation.Results;

namespace BillingMonolith.Host.Http;

/// <summary>
/// The end of a page, as a text that callers send back. It contains only a position, so a forged one gains nothing;
/// an invalid one is refused all the same.
/// </summary>
internal static class Cursor
{
    private const int Longest = 1000;

    public static string Of<T>(T position) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(position, JsonSerializerOptions.Strict));

    /// <exception cref="ValidationException">The text is no cursor of ours.</exception>
    public static T? Read<T>(string? cursor) where T : class
    {
        if (cursor is null) return null;
        try
        {
            if (cursor.Length <= Longest
                && JsonSerializer.Deserialize<T>(Base64Url.DecodeFromChars(cursor), JsonSerializerOptions.Strict) is { } position
                && Of(position) == cursor) return position;
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            // refused below
        }

        throw new ValidationException([new ValidationFailure(nameof(cursor), "Take it from next_cursor of the page before, or leave it out.")]);
    }
}
