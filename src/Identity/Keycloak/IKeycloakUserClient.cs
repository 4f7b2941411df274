using Refit;

namespace BillingMonolith.Identity.Keycloak;

/// <summary>
/// The users of a realm. Names and order of parameters are those of Keycloak.AuthServices.Sdk, which can take its place when it can be restored. Ids are
/// escaped; those that would lead elsewhere all the same, ".." and "", <see cref="KeycloakUsers"/> keeps out of paths.
/// </summary>
[Headers("Authorization: Bearer")]
internal interface IKeycloakUserClient
{
    [Get("/admin/realms/{realm}/users/{userId}")]
    Task<UserRepresentation?> GetUserAsync(string realm, string userId, CancellationToken cancellationToken = default);

    [Get("/admin/realms/{realm}/users")]
    Task<IReadOnlyList<UserRepresentation?>?> GetUsersAsync(
        string realm, GetUsersRequestParameters? parameters = null, CancellationToken cancellationToken = default);

    [Get("/admin/realms/{realm}/users/count")]
    Task<long?> GetUserCountAsync(string realm, CancellationToken cancellationToken = default);

    /// <summary>PUT is not a PATCH: with attributes in it, what is not sent back is lost.</summary>
    [Put("/admin/realms/{realm}/users/{userId}")]
    Task UpdateUserAsync(string realm, string userId, [Body] UserRepresentation user, CancellationToken cancellationToken = default);
}

/// <summary>Which users; null = whichever.</summary>
internal sealed record GetUsersRequestParameters
{
    public bool? BriefRepresentation { get; init; }
    public string? Email { get; init; }
    /// <summary>Without it Keycloak lists whoever contains the text, and cuts at a hundred.</summary>
    public bool? Exact { get; init; }
    public int? First { get; init; }
    public int? Max { get; init; }
    public string? Search { get; init; }
}
