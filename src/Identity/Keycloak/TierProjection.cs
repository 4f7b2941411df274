using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;

namespace BillingMonolith.Identity.Keycloak;

/// <summary>The result of a projection.</summary>
internal enum Projected
{
    /// <summary>The realm has no such user.</summary>
    Unknown,
    /// <summary>It was right before.</summary>
    Unchanged,
    /// <summary>It was written, and verified by reading it back.</summary>
    Written,
}

/// <summary>Brings a user's six attributes in Keycloak to our record, and leaves all else as it is: read, merge, write whole, read back.</summary>
internal sealed class TierProjection(KeycloakUsers keycloak, ILogger<TierProjection> log)
{
    // Keycloak has no ETag: another edit between our read and our write is only noticed afterwards.
    private const int MostWrites = 3;

    /// <exception cref="KeycloakException">Keycloak failed, refused, dropped attributes, or was edited by another each time.</exception>
    public async Task<Projected> ApplyAsync(string userId, IReadOnlyDictionary<string, string?> wanted, CancellationToken cancellationToken)
    {
        UserRepresentation? written = null;
        for (var writes = 0; ; writes++)
        {
            if (await keycloak.FindAsync(userId, cancellationToken) is not { } user) return Projected.Unknown;
            if (written is not null) Compare(userId, written, user, wanted);
            var merged = Merge(user, wanted);
            if (Same(merged, user)) return writes == 0 ? Projected.Unchanged : Projected.Written;
            if (writes == MostWrites)
                throw new KeycloakException(204, $"The tier of user {userId} did not stand after {MostWrites} writes: somebody else edits it at each try.");
            await keycloak.UpdateAsync(merged, cancellationToken);
            written = merged;
        }
    }

    /// <summary>The six values in Keycloak; null when the realm has no such user.</summary>
    public async Task<IReadOnlyDictionary<string, string?>?> ReadAsync(string userId, CancellationToken cancellationToken) =>
        await keycloak.FindAsync(userId, cancellationToken) is { } user
            ? Entitlement.AttributeNames.ToDictionary(name => name, name => Shown(user.Attributes?.GetValueOrDefault(name)), StringComparer.Ordinal)
            : null;

    private static string? Shown(IReadOnlyList<string>? values) => values is { Count: > 0 } ? string.Join(',', values) : null;

    /// <summary>The representation with the wanted attributes; one without a value is removed. Everything else is unchanged.</summary>
    internal static UserRepresentation Merge(UserRepresentation user, IReadOnlyDictionary<string, string?> wanted)
    {
        var attributes = new Dictionary<string, IReadOnlyList<string>>(user.Attributes?.AsEnumerable() ?? [], StringComparer.Ordinal);
        foreach (var (name, value) in wanted)
        {
            if (value is null) attributes.Remove(name);
            else attributes[name] = [value];
        }

        // Absent, not {}, is how Keycloak writes "none".
        return user with { Attributes = user.Attributes is null && attributes.Count == 0 ? null : attributes };
    }

    /// <summary>Distinguishes a silently dropped write from one that another edit overlapped. The latter is merged again.</summary>
    private void Compare(string userId, UserRepresentation written, UserRepresentation found, IReadOnlyDictionary<string, string?> wanted)
    {
        var others = Same(WithoutOurs(written, wanted), WithoutOurs(found, wanted));
        if (!others) log.LogWarning("Keycloak user {UserId} was changed by somebody else while the tier was written; merging again", userId);

        var dropped = wanted.Where(a => a.Value is not null && found.Attributes?.ContainsKey(a.Key) != true).Select(a => a.Key).ToList();
        if (others && dropped.Count > 0)
        {
            throw new KeycloakException(204, $"Keycloak accepted the write but dropped {string.Join(", ", dropped)}: the realm's user profile does not declare "
                + "them. Declare them there (Realm settings, User profile) with edit permission for admins only, or run `setup keycloak`.");
        }
    }

    private static UserRepresentation WithoutOurs(UserRepresentation user, IReadOnlyDictionary<string, string?> wanted)
    {
        var rest = Merge(user, wanted.ToDictionary(a => a.Key, _ => (string?)null, StringComparer.Ordinal));
        return rest.Attributes is { Count: 0 } ? rest with { Attributes = null } : rest;
    }

    private static bool Same(UserRepresentation one, UserRepresentation other) => JsonNode.DeepEquals(Json(one), Json(other));

    private static JsonNode? Json(UserRepresentation user) => JsonSerializer.SerializeToNode(user, KeycloakRefit.Json);
}
