using Dapper;
using MediatR;
using Npgsql;

namespace BillingMonolith.Credits;

/// <summary>The state of the purchase of a checkout session; null when this user has none with it.</summary>
public sealed record FindPurchase(string UserId, string SessionId) : IRequest<PurchaseState?>;

/// <summary>The state of a purchase.</summary>
/// <param name="PurchaseId">The purchase.</param>
/// <param name="Status">`pending`, `processing` (paid, the money is on its way), `completed`, `failed`, `refunded` or `disputed`.</param>
/// <param name="Credits">The credits that it gives; the user has them when it is completed.</param>
/// <param name="Balance">The buyer's balance now.</param>
public sealed record PurchaseState(Guid PurchaseId, string Status, long Credits, long Balance);

internal sealed class FindPurchaseHandler(NpgsqlDataSource database) : IRequestHandler<FindPurchase, PurchaseState?>
{
    public async Task<PurchaseState?> Handle(FindPurchase query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<PurchaseState>(new CommandDefinition("""
            SELECT p.id AS PurchaseId, p.status, p.credits, coalesce(a.balance, 0) AS Balance
            FROM credit_purchases p LEFT JOIN credit_accounts a USING (user_id)
            WHERE p.stripe_checkout_session_id = @SessionId AND p.user_id = @UserId
            """, query, cancellationToken: cancellationToken));
    }
}
