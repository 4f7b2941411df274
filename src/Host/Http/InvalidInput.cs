using System.Text.Json;
using System.Text.RegularExpressions;
using FluentValidation;

namespace BillingMonolith.Host.Http;

/// <summary>The invalid member of a request and the reason, in the API's names and words, because the framework's reveal our types.</summary>
internal static partial class InvalidInput
{
    private const string Body = "body";

    public static Dictionary<string, string[]> Of(ValidationException refused) => refused.Errors
        .GroupBy(e => ApiName(e.PropertyName))
        .ToDictionary(g => g.Key, g => g.Select(e => e.ErrorMessage).Distinct().ToArray());

    public static Dictionary<string, string[]> Of(BadHttpRequestException refused) => refused.InnerException is JsonException json
        ? Of(json)
        : Parameter().Match(refused.Message) is { Success: true } named
            ? One(ApiName(named.Groups["name"].Value), named.Groups["missing"].Success ? "Required." : "Not of the right type.")
            : One(Body, refused.Message.Contains("body", StringComparison.OrdinalIgnoreCase) ? "Required." : "Cannot be read.");

    // System.Text.Json gives the place in Path and the reason in its message only; StrictJsonSpecs pins both.
    private static Dictionary<string, string[]> Of(JsonException wrong)
    {
        if (wrong.Message.Contains("missing required properties", StringComparison.Ordinal))
        {
            var names = wrong.Message[wrong.Message.IndexOf("including:", StringComparison.Ordinal)..];
            return Quoted().Matches(names).ToDictionary(m => Member(wrong.Path, m.Groups["name"].Value), _ => (string[])["Required."]);
        }

        var what = wrong.Message switch
        {
            var m when m.Contains("could not be mapped", StringComparison.Ordinal) => "Not known here.",
            var m when m.StartsWith("Duplicate property", StringComparison.Ordinal) => "Given twice.",
            var m when m.Contains("depth", StringComparison.Ordinal) && m.StartsWith("The maximum", StringComparison.Ordinal) => "Nested too deeply.",
            var m when m.Contains("null", StringComparison.Ordinal) => "Must not be null.",
            var m when m.StartsWith("The JSON value could not be converted", StringComparison.Ordinal) => "Not of the right type, or out of range.",
            _ => "Not valid JSON.",
        };
        return One(Member(wrong.Path, member: null), what);
    }

    // $.items[0] and credits → items[0].credits
    private static string Member(string? path, string? member)
    {
        var at = path is null or "$" ? "" : path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : path[1..];
        return (at, member) switch
        {
            ("", null) => Body,
            ("", _) => member,
            (_, null) => at,
            _ => $"{at}.{member}",
        };
    }

    private static string ApiName(string name) => Identifier().Replace(name, m => JsonNamingPolicy.SnakeCaseLower.ConvertName(m.Value));

    private static Dictionary<string, string[]> One(string member, string what) => new() { [member] = [what] };

    [GeneratedRegex("""^(?:Failed to bind parameter|(?<missing>Required parameter)) ".* (?<name>\w+)" (?!was not provided from body)""",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Parameter();

    [GeneratedRegex("'(?<name>[^']+)'", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\w+", RegexOptions.None, 1000)]
    private static partial Regex Identifier();
}
