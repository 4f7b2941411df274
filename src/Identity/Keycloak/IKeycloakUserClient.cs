using Refit;

namespace BillingMonolith.Identity.Keycloak;

/// <summary>
/// The users of a realm. Names and order of parameters are those of Keycloak.AuthServices.Sdk, which can replace this once it can be restored. Ids are
/// escaped; <see cref="KeycloakUsers"/> keeps those out of paths that would lead elsewhere all the same: ".." and "".
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

    /// <summary>PUT is not a PATCH: when it contains attributes, those that are left out are lost.</summary>
    [Put("/admin/realms/{realm}/users/{userId}")]
    Task UpdateUserAsync(string realm, string userId, [Body] UserRepresentation user, CancellationToken cancellationToken = default);
}

/// <summary>The users to list; null = any.</summary>
internal sealed record GetUsersRequestParameters
{
    public bool? BriefRepresentation { get; init; }
    public string? Email { get; init; }
    /// <summary>Without it Keycloak lists every user who contains the text, and cuts at a hundred.</summary>
    public bool? Exact { get; init; }
    public int? First { get; init; }
    public int? Max { get; init; }
    public string? Search { get; init; }
}
