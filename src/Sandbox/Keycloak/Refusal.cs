using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>An error answer of Keycloak 26 (measured): JSON in one of its four shapes, a page for a browser, or an empty body with a challenge.</summary>
internal sealed class Refusal(IResult answer) : Exception
{
    // Keycloak writes text as it is, "ü" and "&" unescaped.
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private Refusal(int status, JsonObject body)
        : this(Results.Text(body.ToJsonString(Plain), "application/json", contentEncoding: null, status)) // plain; successes name their character set
    {
    }

    public static Refusal Error(int status, string error) => new(status, new JsonObject { ["error"] = error });

    public static Refusal Error(int status, string error, string description) =>
        new(status, new JsonObject { ["error"] = error, ["error_description"] = description });

    public static Refusal ErrorMessage(int status, string message) => new(status, new JsonObject { ["errorMessage"] = message });

    /// <summary>What the profile's validation found: one error stands alone, several stand in a list.</summary>
    public static Refusal Invalid(IReadOnlyList<JsonObject> errors) =>
        new(400, errors is [var only] ? only : new JsonObject { ["errors"] = new JsonArray([.. errors]) });

    /// <summary>For a person at a browser, where sending it back would be unsafe.</summary>
    public static Refusal Page(string message) => new(RealmPages.Message("We are sorry …", message, tone: "bad", status: 400));

    /// <summary>RFC 6750: the words are in the header, the body is empty.</summary>
    public static Refusal Bearer(int status, string realm, string? error = null, string? description = null) => new(new Challenge(status,
        error is null ? $"Bearer realm=\"{realm}\"" : $"Bearer realm=\"{realm}\", error=\"{error}\", error_description=\"{description}\""));

    public IResult Answer() => answer;

    public static IResult Json(JsonNode answer) => Results.Text(answer.ToJsonString(Plain), "application/json;charset=UTF-8", contentEncoding: null, 200);

    private sealed record Challenge(int Status, string Header) : IResult
    {
        public Task ExecuteAsync(HttpContext context)
        {
            context.Response.StatusCode = Status;
            context.Response.ContentType = "text/plain;charset=utf-8";
            context.Response.Headers.WWWAuthenticate = Header;
            return Task.CompletedTask;
        }
    }
}
