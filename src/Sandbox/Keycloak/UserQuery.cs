namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>
/// The filters of <c>GET /users</c>: contained text unless <c>exact=true</c>, letters' case never matters, and <c>search</c> overrides all others.
/// </summary>
internal static class UserQuery
{
    public static IEnumerable<KeycloakUser> Apply(IEnumerable<KeycloakUser> users, IQueryCollection query) => users
        .Where(user => query["search"] is [{ Length: > 0 } search] ? Searched(user, search) : Matches(user, query))
        .OrderBy(user => user.Username, StringComparer.Ordinal)
        .ThenBy(user => user.Id, StringComparer.Ordinal)
        .Skip(Number(query, "first", 0))
        .Take(Number(query, "max", 100));

    public static bool Flag(IQueryCollection query, string name) => string.Equals(query[name], "true", StringComparison.OrdinalIgnoreCase);

    private static bool Matches(KeycloakUser user, IQueryCollection query)
    {
        var exact = Flag(query, "exact");
        bool Text(string name, string? value) => query[name] is not [{ Length: > 0 } wanted]
            || (exact ? wanted.Equals(value, StringComparison.OrdinalIgnoreCase) : value?.Contains(wanted, StringComparison.OrdinalIgnoreCase) is true);
        bool Is(string name, bool value) => query[name] is not [{ Length: > 0 }] || Flag(query, name) == value;

        return Text("username", user.Username) && Text("email", user.Email) && Text("firstName", user.FirstName) && Text("lastName", user.LastName)
            && Is("emailVerified", user.EmailVerified) && Is("enabled", user.Enabled) && HasAttributes(user, query["q"]);
    }

    /// <summary><c>q=key:value key2:value2</c>.</summary>
    private static bool HasAttributes(KeycloakUser user, string? q) => (q ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).All(pair =>
        pair.Split(':', 2) is [var key, var value] && user.Attributes.TryGetValue(key, out var values) && values.Contains(value));

    /// <summary>Each word begins one of the four (<c>foo</c>, <c>foo*</c>), is contained (<c>*foo*</c>) or is the whole (<c>"foo"</c>).</summary>
    private static bool Searched(KeycloakUser user, string search)
    {
        string[] texts = [user.Username, user.Email ?? "", user.FirstName ?? "", user.LastName ?? ""];
        return search.Split(' ', StringSplitOptions.RemoveEmptyEntries).All(word => texts.Any(text => word switch
        {
            ['"', .. var whole, '"'] => text.Equals(whole, StringComparison.OrdinalIgnoreCase),
            ['*', .. var part] => text.Contains(part.TrimEnd('*'), StringComparison.OrdinalIgnoreCase),
            _ => text.StartsWith(word.TrimEnd('*'), StringComparison.OrdinalIgnoreCase),
        }));
    }

    private static int Number(IQueryCollection query, string name, int otherwise) =>
        int.TryParse(query[name], out var number) && number >= 0 ? number : otherwise;
}
