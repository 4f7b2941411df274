using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BillingMonolith.Identity.Keycloak;

/// <summary>An unexpected answer of Keycloak. The message never holds a token, a secret or a body that is not Keycloak's.</summary>
internal sealed class KeycloakException(int status, string message) : HttpRequestException(message, inner: null, (HttpStatusCode)status)
{
    private const int Longest = 300;

    /// <summary>The HTTP status; 200 and 204 when a success had an implausible body.</summary>
    public int Status => status;

    /// <summary>Keycloak's own message; null when the answer was not Keycloak's.</summary>
    public string? Words { get; private init; }

    /// <summary>Reads any of Keycloak's error shapes: error; error and error_description; errorMessage; field with errorMessage, or a list of these.</summary>
    public static async Task<KeycloakException> ReadAsync(HttpResponseMessage response, string advice, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        var words = Say(Parse(await response.Content.ReadAsStringAsync(cancellationToken)));
        // The server may echo our request.
        if (response.RequestMessage?.Headers.Authorization?.Parameter is { Length: > 0 } credential)
            words = words?.Replace(credential, "…", StringComparison.Ordinal);
        if (words?.Length > Longest) words = words[..Longest] + "…";
        var said = words ?? $"no error of Keycloak's ({MediaType(response)}); is it a proxy's?";
        return new KeycloakException(status, $"Keycloak answered {status} to {Asked(response)}: {said}. {advice}".TrimEnd()) { Words = words };
    }

    /// <summary>Reads a success; anything but the expected JSON (HTML, cut off, another kind) is an exception that says so.</summary>
    public static async Task<JsonObject> ReadJsonAsync(HttpResponseMessage response, CancellationToken cancellationToken) =>
        Parse(await response.Content.ReadAsStringAsync(cancellationToken)) as JsonObject ?? throw NoJson(response);

    /// <summary>A success without the expected JSON.</summary>
    public static KeycloakException NoJson(HttpResponseMessage response) => new((int)response.StatusCode,
        $"Keycloak answered {(int)response.StatusCode} to {Asked(response)}, but not with the JSON that was to come ({MediaType(response)}). {Check}");

    /// <summary>A success with JSON of another meaning: it does not answer the request.</summary>
    public static KeycloakException Wrong(string method, string path, string what) =>
        new(200, $"Keycloak answered 200 to {method} {path}, but not {what}. {Check}");

    private const string Check = "Check Keycloak:Url and what stands in front of it.";

    private static string MediaType(HttpResponseMessage response) => response.Content.Headers.ContentType?.MediaType ?? "no content type";

    // Without the query, which may hold an address.
    private static string Asked(HttpResponseMessage response) => response.RequestMessage is { RequestUri: { } uri } request
        ? $"{request.Method} {(uri.AbsolutePath.Length > Longest ? uri.AbsolutePath[..Longest] + "…" : uri.AbsolutePath)}" : "a request";

    private static JsonNode? Parse(string body)
    {
        try
        {
            return JsonNode.Parse(body, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Say(JsonNode? body)
    {
        if (body is not JsonObject said) return null;
        if (said["errors"] is JsonArray several) return string.Join("; ", several.Select(Say).Where(words => words is not null));
        var (field, message) = (Text(said["field"]), Text(said["errorMessage"]));
        var (error, description) = (Text(said["error"]), Text(said["error_description"]));
        return (field, message, error, description) switch
        {
            (not null, not null, _, _) => $"{field}: {message}",
            (null, not null, _, _) => message,
            (_, _, not null, not null) => $"{error}: {description}",
            _ => error,
        };
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
