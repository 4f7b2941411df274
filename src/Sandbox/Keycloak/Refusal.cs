using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>An error answer of Keycloak, in one of its four shapes (Keycloak 26, measured).</summary>
internal sealed class Refusal(int status, JsonObject body) : Exception
{
    // Keycloak writes text as it is, "ü" and "&" unescaped.
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Refusal Error(int status, string error) => new(status, new JsonObject { ["error"] = error });

    public static Refusal Error(int status, string error, string description) =>
        new(status, new JsonObject { ["error"] = error, ["error_description"] = description });

    public static Refusal ErrorMessage(int status, string message) => new(status, new JsonObject { ["errorMessage"] = message });

    /// <summary>What the profile's validation found: one error stands alone, several stand in a list.</summary>
    public static Refusal Invalid(IReadOnlyList<JsonObject> errors) =>
        new(400, errors is [var only] ? only : new JsonObject { ["errors"] = new JsonArray([.. errors]) });

    /// <summary>Errors are plain application/json; successes name their character set.</summary>
    public IResult Answer() => Results.Text(body.ToJsonString(Plain), "application/json", contentEncoding: null, status);

    public static IResult Json(JsonNode answer) => Results.Text(answer.ToJsonString(Plain), "application/json;charset=UTF-8", contentEncoding: null, 200);
}
