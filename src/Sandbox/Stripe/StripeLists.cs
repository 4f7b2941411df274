using System.Globalization;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>Pages of a list and expansion of ids: what every GET shares.</summary>
internal static class StripeLists
{
    public const string Paging = "limit starting_after ending_before created expand";

    public static JsonObject Page(string url, IEnumerable<JsonObject> newestFirst, StripeForm form) =>
        Page(url, newestFirst.Where(o => CreatedWithin(form, (long?)o["created"] ?? 0)), o => o.Name("id"), o => o.Copy(), form);

    public static JsonObject Page<T>(string url, IEnumerable<T> newestFirst, Func<T, string> id, Func<T, JsonObject> render, StripeForm form)
    {
        var limit = (int)(form.Whole("limit") ?? 10);
        if (limit is < 1 or > 100) throw StripeFault.Bad("Invalid integer: limit must be between 1 and 100.", "limit", "parameter_invalid_integer");
        if (form.Text("starting_after") is { Length: > 0 } after) newestFirst = newestFirst.SkipWhile(o => id(o) != after).Skip(1);
        if (form.Text("ending_before") is { Length: > 0 } before) newestFirst = newestFirst.TakeWhile(o => id(o) != before).TakeLast(limit);
        var page = newestFirst.Take(limit + 1).ToList();
        return StripeJson.List(url, page.Take(limit).Select(render), page.Count > limit);
    }

    /// <summary>The filter <c>created</c>: a second, or gt, gte, lt, lte.</summary>
    public static bool CreatedWithin(StripeForm form, long created)
    {
        if (form.Group("created") is not { } filter) return true;
        if (form.Whole("created") is { } exactly) return created == exactly;
        filter.Only("gt gte lt lte");
        return !(created <= filter.Whole("gt")) && !(created < filter.Whole("gte")) && !(created >= filter.Whole("lt")) && !(created > filter.Whole("lte"));
    }

    /// <summary>Replaces ids by their objects along each <c>expand[]</c> path; <c>include</c> adds the lists that are sent only when asked for.</summary>
    public static void Expand(JsonObject answer, IEnumerable<string> paths, Func<string, JsonObject?> find, Func<JsonObject, string, JsonObject?> include)
    {
        foreach (var path in paths) Expand(answer, path.Split('.'), path, find, include);
    }

    private static void Expand(
        JsonNode? node, ReadOnlySpan<string> names, string path, Func<string, JsonObject?> find, Func<JsonObject, string, JsonObject?> include)
    {
        if (names.IsEmpty || node is null) return;
        if (node is JsonArray array)
        {
            foreach (var element in array) Expand(element, names, path, find, include);
            return;
        }

        var thing = node as JsonObject ?? throw Refused(path);
        var name = names[0];
        if (include(thing, name) is { } list) thing[name] = list;
        else if (!thing.ContainsKey(name)) throw Refused(path);
        else if (thing[name] is JsonValue value && value.TryGetValue<string>(out var id)) thing[name] = find(id) ?? throw Refused(path);
        Expand(thing[name], names[1..], path, find, include);
    }

    private static StripeFault Refused(string path) =>
        StripeFault.Bad(string.Create(CultureInfo.InvariantCulture, $"This property cannot be expanded ({path})."), "expand");
}
