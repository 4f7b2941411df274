using System.Globalization;
using Dapper;
using Npgsql;

namespace BillingMonolith.Identity;

/// <summary>The entitlement from all of a user's recorded subscriptions. Only the database's function <c>identity_entitlement</c> decides it.</summary>
internal sealed record Entitlement(
    string TierId, string? Status, string? CustomerId, string? SubscriptionId, DateTime? StartDate, DateTime? EndDate, DateTime? ChangesAt = null)
{
    /// <summary>The six attributes of a Keycloak user (product contract, section 3); null = the user must not have it.</summary>
    public IReadOnlyDictionary<string, string?> Attributes => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["subscription_tier"] = Status is null ? null : TierId,
        ["subscription_status"] = Status,
        ["stripe_customer_id"] = CustomerId,
        ["stripe_subscription_id"] = SubscriptionId,
        ["subscription_start_date"] = Iso(StartDate),
        ["subscription_end_date"] = Iso(EndDate),
    };

    /// <summary>The names of the six.</summary>
    public static IReadOnlyList<string> AttributeNames { get; } = [.. new Entitlement("", "", "", "", null, null).Attributes.Keys];

    /// <summary>The attributes of a user who never subscribed: <c>free</c> without a status.</summary>
    public static Task<Entitlement> ReadAsync(NpgsqlConnection connection, string userId, CancellationToken cancellationToken) =>
        connection.QuerySingleAsync<Entitlement>(new CommandDefinition("""
            SELECT tier_id AS TierId, status AS Status, customer_id AS CustomerId, subscription_id AS SubscriptionId, start_date AS StartDate,
                   end_date AS EndDate, changes_at AS ChangesAt
            FROM identity_entitlement(@userId)
            """, new { userId }, cancellationToken: cancellationToken));

    private static string? Iso(DateTime? moment) => moment?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
