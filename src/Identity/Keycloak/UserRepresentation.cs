using System.Text.Json;
using System.Text.Json.Serialization;

namespace BillingMonolith.Identity.Keycloak;

/// <summary>A user as the Admin API has them. It is kept whole, including unnamed fields, because a field that is not sent back is lost.</summary>
internal sealed record UserRepresentation
{
    public string? Id { get; init; }
    public string? Username { get; init; }
    public string? Email { get; init; }
    public bool? EmailVerified { get; init; }
    public bool? Enabled { get; init; }
    public string? FirstName { get; init; }
    public string? LastName { get; init; }

    /// <summary>Lists of texts; absent, not empty, when there are none.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Attributes { get; init; }

    /// <summary>Our permissions on the user; in lists, <c>manage</c> only.</summary>
    public IReadOnlyDictionary<string, bool>? Access { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; init; }
}
