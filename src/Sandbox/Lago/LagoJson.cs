using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Lago;

/// <summary>How Lago writes and reads: rooted bodies, ISO-8601 UTC times, pages with a meta object; every success is 200.</summary>
internal static class LagoJson
{
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    public static string? Time(DateTimeOffset? time) => time is { } at ? Time(at) : null;

    public static string? Milliseconds(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    /// <summary>A scalar as text; null when it is absent, null or blank (Rails' <c>blank?</c>).</summary>
    public static string? Text(this JsonObject body, string member) =>
        body[member] is JsonValue value && value.ToString() is { } text && !string.IsNullOrWhiteSpace(text) ? text : null;

    public static IResult Answer(string root, JsonObject body) =>
        Results.Text(new JsonObject { [root] = body.DeepClone() }.ToJsonString(), "application/json", Encoding.UTF8);

    public static IResult Page(string root, IEnumerable<JsonObject> all, IQueryCollection query)
    {
        var items = all.ToList();
        var page = int.TryParse(query["page"], out var p) && p > 0 ? p : 1;
        var size = int.TryParse(query["per_page"], out var s) && s > 0 ? s : 100;
        var pages = (items.Count + size - 1) / size;
        return Results.Text(new JsonObject
        {
            [root] = new JsonArray([.. items.Skip((page - 1) * size).Take(size).Select(i => i.DeepClone())]),
            ["meta"] = new JsonObject
            {
                ["current_page"] = page,
                ["next_page"] = page < pages ? page + 1 : null,
                ["prev_page"] = page > 1 ? page - 1 : null,
                ["total_pages"] = pages,
                ["total_count"] = items.Count,
            },
        }.ToJsonString(), "application/json", Encoding.UTF8);
    }

    /// <summary>The object under the root key; 400 when it is absent, empty or not an object.</summary>
    public static async Task<JsonObject> ReadAsync(HttpRequest request, string root)
    {
        try
        {
            var body = await JsonNode.ParseAsync(request.Body, cancellationToken: request.HttpContext.RequestAborted);
            return body is JsonObject rooted && rooted[root] is JsonObject { Count: > 0 } found ? found : throw LagoRefusal.MissingRoot(root);
        }
        catch (JsonException)
        {
            throw LagoRefusal.MissingRoot(root);
        }
    }
}
