using System.Globalization;
using Dapper;
using Npgsql;

namespace BillingMonolith.Identity;

/// <summary>What a user is entitled to by all his recorded subscriptions: the newest active one's tier, else <c>free</c> with how the last one ended.</summary>
internal sealed record Entitlement(string TierId, string Status, string CustomerId, string SubscriptionId, DateTime? StartDate, DateTime? EndDate)
{
    /// <summary>The six attributes of a Keycloak user (product contract, section 3); null = the user must not have it.</summary>
    public IReadOnlyDictionary<string, string?> Attributes => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["subscription_tier"] = TierId,
        ["subscription_status"] = Status,
        ["stripe_customer_id"] = CustomerId,
        ["stripe_subscription_id"] = SubscriptionId,
        ["subscription_start_date"] = Iso(StartDate),
        ["subscription_end_date"] = Iso(EndDate),
    };

    /// <summary>What the six are called.</summary>
    public static IReadOnlyList<string> AttributeNames { get; } = [.. new Entitlement("", "", "", "", null, null).Attributes.Keys];

    /// <summary>Null when no subscription was ever recorded for this user.</summary>
    public static Task<Entitlement?> ReadAsync(NpgsqlConnection connection, string userId, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<Entitlement?>(new CommandDefinition("""
            SELECT CASE WHEN is_active THEN tier_id ELSE 'free' END AS TierId, status AS Status, customer_id AS CustomerId,
                   subscription_id AS SubscriptionId, start_date AS StartDate, end_date AS EndDate
            FROM identity_subscriptions WHERE user_id = @userId
            ORDER BY is_active DESC, start_date DESC NULLS LAST, subscription_id LIMIT 1
            """, new { userId }, cancellationToken: cancellationToken));

    private static string? Iso(DateTime? moment) => moment?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
