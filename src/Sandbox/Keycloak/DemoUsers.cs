using System.Collections.Immutable;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>
/// Who lives in the sandbox's realm, each with an attribute of somebody else's that billing must leave alone. The password is the username.
/// </summary>
internal static class DemoUsers
{
    /// <summary>What a new user of a new realm has.</summary>
    public static readonly ImmutableArray<string> DefaultRoles = ["default-roles-demo", "offline_access", "uma_authorization"];

    public static readonly KeycloakUser Buyer =
        User("7c9e6679-7425-40de-944b-e07fc1f90ae7", "buyer", "Ada", "Lovelace", "ada.lovelace@example.com", verified: true);
    public static readonly KeycloakUser Admin =
        User("0a6f1a3e-5b0e-4c7b-9a77-2f1c6d1e0001", "admin", "Anna", "Admin", "admin@example.com", verified: true, "billing-admin");
    public static readonly KeycloakUser Operator =
        User("0a6f1a3e-5b0e-4c7b-9a77-2f1c6d1e0007", "operator", "Otto", "Operator", "operator@example.com", verified: true, "billing-operator");
    public static readonly KeycloakUser Grace =
        User("0a6f1a3e-5b0e-4c7b-9a77-2f1c6d1e0002", "grace", "Grace", "Hopper", "grace.hopper@example.com", verified: true);
    public static readonly KeycloakUser Unverified =
        User("0a6f1a3e-5b0e-4c7b-9a77-2f1c6d1e0003", "unverified", "Una", "Verified", "unverified@example.com", verified: false);
    public static readonly KeycloakUser Twin1 = User("0a6f1a3e-5b0e-4c7b-9a77-2f1c6d1e0004", "twin1", "Tom", "Twin", "twin@example.com", verified: true);
    public static readonly KeycloakUser Twin2 = User("0a6f1a3e-5b0e-4c7b-9a77-2f1c6d1e0005", "twin2", "Tim", "Twin", "twin@example.com", verified: true);
    public static readonly KeycloakUser Disabled =
        User("0a6f1a3e-5b0e-4c7b-9a77-2f1c6d1e0006", "disabled", "Dora", "Disabled", "disabled@example.com", verified: true) with { Enabled = false };

    public static IReadOnlyList<KeycloakUser> All { get; } = [Buyer, Admin, Operator, Grace, Unverified, Twin1, Twin2, Disabled];

    private static KeycloakUser User(string id, string username, string first, string last, string email, bool verified, params string[] roles) =>
        new KeycloakUser(id, username)
        {
            Password = username, RealmRoles = [.. DefaultRoles, .. roles],
            FirstName = first, LastName = last, Email = email, EmailVerified = verified, CreatedTimestamp = 1_766_160_000_000,
        }.With("locale", "en").With("department", "R&D – Zürich");
}
