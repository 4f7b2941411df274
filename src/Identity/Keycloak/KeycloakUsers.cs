using Microsoft.Extensions.Options;

namespace BillingMonolith.Identity.Keycloak;

/// <summary>
/// Look-ups of the realm's users. Only Keycloak's own "not found" means "none"; after any other answer the request is repeated.
/// </summary>
internal sealed class KeycloakUsers(IKeycloakUserClient users, IOptionsMonitor<KeycloakOptions> options)
{
    /// <summary>The named client; the Host gives it time limits and retries.</summary>
    public const string HttpClientName = "keycloak";

    private string Realm => options.CurrentValue.Realm;

    /// <summary>The whole representation, or null when the realm has no user with this id.</summary>
    public async Task<UserRepresentation?> FindAsync(string userId, CancellationToken cancellationToken)
    {
        // Paths below /users that are no ids; a path of dots would address something else.
        if (userId is "count" or "profile" || userId.Trim('.').Length == 0) return null;
        try
        {
            var user = await users.GetUserAsync(Realm, userId, cancellationToken: cancellationToken);
            return user?.Id == userId ? user : throw KeycloakException.Wrong("GET", "/users/{id}", "with that user");
        }
        catch (KeycloakException absent) when (absent is { Status: 404, Words: "User not found" })
        {
            return null; // any other 404 (the realm, a proxy) says nothing about the user
        }
    }

    /// <summary>All users with exactly this e-mail address, ignoring case.</summary>
    public async Task<IReadOnlyList<UserRepresentation>> FindByEmailAsync(string email, CancellationToken cancellationToken)
    {
        var found = await ListAsync(new GetUsersRequestParameters { Email = email, Exact = true }, cancellationToken);
        return found.FindAll(user => email.Equals(user.Email, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Users whose names or addresses have a word that begins with each of these; at most so many.</summary>
    public Task<List<UserRepresentation>> SearchAsync(string words, int most, CancellationToken cancellationToken)
    {
        var plain = words.Replace("*", "", StringComparison.Ordinal).Replace("\"", "", StringComparison.Ordinal);
        return ListAsync(new GetUsersRequestParameters { Search = plain, First = 0, Max = most }, cancellationToken);
    }

    /// <summary>Writes a complete representation back.</summary>
    public Task UpdateAsync(UserRepresentation user, CancellationToken cancellationToken) => users.UpdateUserAsync(Realm, user.Id!, user, cancellationToken);

    private async Task<List<UserRepresentation>> ListAsync(GetUsersRequestParameters which, CancellationToken cancellationToken)
    {
        var found = await users.GetUsersAsync(Realm, which, cancellationToken);
        return found is not null && found.All(user => user is { Id.Length: > 0 })
            ? [.. found.OfType<UserRepresentation>()]
            : throw KeycloakException.Wrong("GET", "/users", "with a list of users");
    }
}
