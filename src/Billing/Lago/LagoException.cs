using System.Text.Json;

namespace BillingMonolith.Billing.Lago;

/// <summary>Lago did not answer as expected. The message never holds the API key.</summary>
/// <param name="status">The HTTP status; 2xx when the answer could not be understood.</param>
/// <param name="code">Lago's code, such as <c>validation_errors</c>, <c>plan_not_found</c>; null when the answer was not Lago's (a proxy's page).</param>
/// <param name="details">Field → codes, of a validation error.</param>
/// <param name="request">Method and path of the request.</param>
/// <param name="inner">The error while reading.</param>
internal sealed class LagoException(int status, string? code, IReadOnlyDictionary<string, string[]> details, string request, Exception? inner = null)
    : Exception(Describe(status, code, details, request), inner)
{
    private const string NotUnderstood = "unreadable_answer";

    public int Status => status;

    public string? Code => code;

    public IReadOnlyDictionary<string, string[]> Details => details;

    /// <summary>Lago refuses the request, and will again: waiting does not help. 401, 403, 429 and a 404 that is not Lago's may pass.</summary>
    public bool IsRefusal => code != NotUnderstood && (status is 400 or 405 or 422 || IsNotFound("plan"));

    /// <summary>Lago itself says that the thing does not exist; a proxy's 404 does not prove it.</summary>
    public bool IsNotFound(string resource) => status == 404 && code == $"{resource}_not_found";

    public bool Says(string field, string detail) =>
        status == 422 && details.TryGetValue(field, out var codes) && codes.Contains(detail, StringComparer.Ordinal);

    /// <summary>The answer is cut, not JSON, not of the expected shape, or contradicts the one before: the request is repeated later.</summary>
    public static LagoException Unreadable(int status, string request, string what, Exception? inner = null) =>
        new(status, NotUnderstood, new Dictionary<string, string[]>(StringComparer.Ordinal) { ["answer"] = [what] }, request, inner);

    /// <summary>A success whose body is not the expected JSON.</summary>
    public static LagoException Unreadable(HttpResponseMessage response, Exception inner) =>
        Unreadable((int)response.StatusCode, Asked(response.RequestMessage), "it is not the JSON that was to come", inner);

    /// <summary>Reads an error; anything that is not Lago's leaves code and details empty.</summary>
    public static async Task<LagoException> ReadAsync(HttpResponseMessage response)
    {
        var (status, request) = ((int)response.StatusCode, Asked(response.RequestMessage));
        var body = await response.Content.ReadAsStringAsync();
        // The server may echo our request.
        if (response.RequestMessage?.Headers.Authorization?.Parameter is { Length: > 0 } key) body = body.Replace(key, "…", StringComparison.Ordinal);
        try
        {
            using var json = JsonDocument.Parse(body);
            var root = json.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return new(status, code: null, Nothing, request);
            var code = root.TryGetProperty("code", out var found) && found.ValueKind == JsonValueKind.String ? found.GetString() : null;
            var details = root.TryGetProperty("error_details", out var list) && list.ValueKind == JsonValueKind.Object
                ? list.EnumerateObject().DistinctBy(d => d.Name, StringComparer.Ordinal).ToDictionary(d => d.Name, d => Codes(d.Value), StringComparer.Ordinal)
                : Nothing;
            return new(status, code, details, request);
        }
        catch (JsonException)
        {
            return new(status, code: null, Nothing, request);
        }
    }

    private const int Longest = 300;

    private static readonly Dictionary<string, string[]> Nothing = new(StringComparer.Ordinal);

    private static string[] Codes(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(v => v.ToString())] : [value.ToString()];

    private static string Describe(int status, string? code, IReadOnlyDictionary<string, string[]> details, string request)
    {
        var said = string.Join("; ", details.Select(d => $"{d.Key}: {string.Join(", ", d.Value)}"));
        var hint = status switch
        {
            401 or 403 => " Is Lago:ApiKey right, and may it write?",
            404 when code is null => " Is Lago:Url right? Lago names what it does not find.",
            _ => "",
        };
        var named = code is null ? "" : $" {Short(code)}";
        return string.Create(null, $"Lago answered {status}{named} to {Short(request)}{(said.Length > 0 ? $" ({Short(said)})" : "")}.{hint}");
    }

    private static string Short(string text) => text.Length > Longest ? text[..Longest] + "…" : text;

    // As in Lago's documentation: relative to the address of the API.
    private static string Asked(HttpRequestMessage? request)
    {
        const string Api = "/api/v1";
        var path = request?.RequestUri?.PathAndQuery ?? "";
        var below = path.IndexOf(Api, StringComparison.OrdinalIgnoreCase);
        return $"{request?.Method} {(below < 0 ? path : path[(below + Api.Length)..])}";
    }
}
