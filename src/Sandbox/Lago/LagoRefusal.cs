using System.Text;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Lago;

/// <summary>An answer ≥ 400 in Lago's own words (lago-api, app/controllers/concerns/api_errors.rb).</summary>
internal sealed class LagoRefusal(int status, JsonObject body) : Exception($"Lago stand-in refused with {status}")
{
    public IResult Answer => Results.Text(body.ToJsonString(), "application/json", Encoding.UTF8, status);

    public static LagoRefusal Unauthorized() => new(401, new() { ["status"] = 401, ["error"] = "Unauthorized" });

    public static LagoRefusal PremiumOnly() => new(403, new() { ["status"] = 403, ["error"] = "Forbidden", ["code"] = "feature_unavailable" });

    public static LagoRefusal NotFound(string resource) =>
        new(404, new() { ["status"] = 404, ["error"] = "Not Found", ["code"] = $"{resource}_not_found" });

    /// <summary>The root key is absent: Rails' <c>params.require</c>.</summary>
    public static LagoRefusal MissingRoot(string root) =>
        new(400, new() { ["status"] = 400, ["error"] = $"BadRequest: param is missing or the value is empty or invalid: {root}" });

    public static LagoRefusal Invalid(string field, string code) => Invalid([(field, code)]);

    public static LagoRefusal Invalid(IEnumerable<(string Field, string Code)> faults) => new(422, new()
    {
        ["status"] = 422,
        ["error"] = "Unprocessable Entity",
        ["code"] = "validation_errors",
        ["error_details"] = new JsonObject(faults.Select(f => KeyValuePair.Create(f.Field, (JsonNode?)new JsonArray(f.Code)))),
    });
}
