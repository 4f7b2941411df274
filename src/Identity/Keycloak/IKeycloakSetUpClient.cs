using System.Text.Json.Nodes;
using Refit;

namespace BillingMonolith.Identity.Keycloak;

/// <summary>
/// The calls of set-up and health beside users, which Keycloak.AuthServices.Sdk does not have. Documents are kept whole, as JSON, because a PUT replaces.
/// </summary>
[Headers("Authorization: Bearer")]
internal interface IKeycloakSetUpClient
{
    [Get("/admin/realms/{realm}/users/profile")]
    Task<JsonObject?> GetUserProfileAsync(string realm, CancellationToken cancellationToken = default);

    [Put("/admin/realms/{realm}/users/profile")]
    Task UpdateUserProfileAsync(string realm, [Body] JsonObject profile, CancellationToken cancellationToken = default);

    [Get("/admin/realms/{realm}/clients")]
    Task<IReadOnlyList<JsonObject?>?> GetClientsAsync(string realm, string clientId, CancellationToken cancellationToken = default);

    [Get("/admin/realms/{realm}/clients/{id}/protocol-mappers/models")]
    Task<IReadOnlyList<JsonObject?>?> GetProtocolMappersAsync(string realm, string id, CancellationToken cancellationToken = default);

    [Post("/admin/realms/{realm}/clients/{id}/protocol-mappers/models")]
    Task CreateProtocolMapperAsync(string realm, string id, [Body] JsonObject mapper, CancellationToken cancellationToken = default);

    [Put("/admin/realms/{realm}/clients/{id}/protocol-mappers/models/{mapperId}")]
    Task UpdateProtocolMapperAsync(string realm, string id, string mapperId, [Body] JsonObject mapper, CancellationToken cancellationToken = default);

    [Get("/admin/realms/{realm}/clients/{id}/service-account-user")]
    Task<UserRepresentation?> GetServiceAccountUserAsync(string realm, string id, CancellationToken cancellationToken = default);

    [Get("/admin/realms/{realm}/clients/{id}/roles")]
    Task<IReadOnlyList<JsonObject?>?> GetClientRolesAsync(string realm, string id, CancellationToken cancellationToken = default);

    /// <summary>The effective roles: composites and groups count.</summary>
    [Get("/admin/realms/{realm}/users/{userId}/role-mappings/clients/{id}/composite")]
    Task<IReadOnlyList<JsonObject?>?> GetEffectiveClientRolesAsync(string realm, string userId, string id, CancellationToken cancellationToken = default);

    [Post("/admin/realms/{realm}/users/{userId}/role-mappings/clients/{id}")]
    Task AddClientRolesAsync(
        string realm, string userId, string id, [Body] IReadOnlyList<JsonObject> roles, CancellationToken cancellationToken = default);

    [Get("/admin/realms/{realm}/roles/{roleName}")]
    Task<JsonObject?> GetRoleAsync(string realm, string roleName, CancellationToken cancellationToken = default);

    [Post("/admin/realms/{realm}/roles")]
    Task CreateRoleAsync(string realm, [Body] JsonObject role, CancellationToken cancellationToken = default);
}
