using System.Collections.Immutable;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>A user as the realm's database holds it: also the attributes that the profile hides. Immutable, so that a change is one swap.</summary>
internal sealed record KeycloakUser(string Id, string Username)
{
    public string? FirstName { get; init; }
    public string? LastName { get; init; }
    public string? Email { get; init; }
    public bool EmailVerified { get; init; }
    public bool Enabled { get; init; } = true;
    public long CreatedTimestamp { get; init; }
    public ImmutableArray<string> RequiredActions { get; init; } = [];
    public ImmutableSortedDictionary<string, ImmutableArray<string>> Attributes { get; init; } =
        ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal);

    /// <summary>Roles of the realm. The Admin REST API shows them elsewhere than on the user, so neither reads nor PUTs touch them.</summary>
    public ImmutableArray<string> RealmRoles { get; init; } = DemoUsers.DefaultRoles;
    /// <summary>Null: cannot log in with one.</summary>
    public string? Password { get; init; }

    /// <summary>The first value of an attribute, or null.</summary>
    public string? this[string attribute] => Attributes.TryGetValue(attribute, out var values) && values.Length > 0 ? values[0] : null;

    /// <summary>The same user with this attribute set.</summary>
    public KeycloakUser With(string attribute, params string[] values) => this with { Attributes = Attributes.SetItem(attribute, [.. values]) };
}
