using BillingMonolith.SharedKernel;
using Dapper;
using MediatR;

namespace BillingMonolith.Credits;

/// <summary>
/// Claims top-ups whose payment is due, for so long; and checks again the users whom last month's cap held back, because they may buy this month.
/// </summary>
/// <param name="Limit">At most so many.</param>
/// <param name="Lease">The time for which nobody else takes them.</param>
public sealed record ClaimTopUps(int Limit, TimeSpan Lease) : IRequest<IReadOnlyList<DueTopUp>>;

/// <summary>A payment to make, or to look up.</summary>
/// <param name="PurchaseId">The purchase; its id is the idempotency key.</param>
/// <param name="Attempt">The fence: a later claim invalidates this one.</param>
/// <param name="UserId">The Keycloak user id.</param>
/// <param name="PackageCode">The pack.</param>
/// <param name="PackageName">The name that the buyer sees.</param>
/// <param name="AmountMinor">In the minor unit.</param>
/// <param name="Currency">ISO code in lower case.</param>
/// <param name="StripeCustomerId"><c>cus_…</c></param>
/// <param name="PaymentMethodId"><c>pm_…</c></param>
/// <param name="PaymentIntentId">The payment intent at Stripe, when it is known.</param>
/// <param name="CreatedAt">The time when it began.</param>
/// <param name="Age">The time since then, by the database's clock.</param>
public sealed record DueTopUp(
    Guid PurchaseId, int Attempt, string UserId, string PackageCode, string PackageName, long AmountMinor, string Currency,
    string StripeCustomerId, string PaymentMethodId, string? PaymentIntentId, DateTime CreatedAt, TimeSpan Age);

internal sealed class ClaimTopUpsHandler(UnitOfWork work, TopUps topUps) : IRequestHandler<ClaimTopUps, IReadOnlyList<DueTopUp>>
{
    public async Task<IReadOnlyList<DueTopUp>> Handle(ClaimTopUps command, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        var held = await connection.QueryAsync<(string User, long Balance)>(new CommandDefinition("""
            UPDATE credit_auto_top_ups t SET capped_in = NULL
            WHERE user_id = ANY (ARRAY(SELECT user_id FROM credit_auto_top_ups WHERE state = 'active' AND capped_in < credit_month()
                                       ORDER BY capped_in LIMIT @Limit FOR UPDATE SKIP LOCKED))
            RETURNING user_id, coalesce((SELECT balance FROM credit_accounts a WHERE a.user_id = t.user_id), 0)
            """, command, cancellationToken: cancellationToken));
        foreach (var (user, balance) in held) await topUps.ConsiderAsync(user, balance, "new-month", cancellationToken);

        return [.. await connection.QueryAsync<DueTopUp>(new CommandDefinition("""
            WITH claimed AS (
              UPDATE credit_top_ups SET attempts = attempts + 1, next_attempt_at = clock_timestamp() + @Lease
              WHERE purchase_id = ANY (ARRAY(SELECT purchase_id FROM credit_top_ups WHERE next_attempt_at <= clock_timestamp()
                                             ORDER BY next_attempt_at LIMIT @Limit FOR UPDATE SKIP LOCKED))
              RETURNING purchase_id, attempts, payment_method_id)
            SELECT p.id AS PurchaseId, c.attempts AS Attempt, p.user_id AS UserId, p.package_code AS PackageCode, p.package_name AS PackageName,
                   p.price_minor AS AmountMinor, p.currency, p.stripe_customer_id AS StripeCustomerId, c.payment_method_id AS PaymentMethodId,
                   p.stripe_payment_intent_id AS PaymentIntentId, p.created_at AS CreatedAt, clock_timestamp() - p.created_at AS Age
            FROM claimed c JOIN credit_purchases p ON p.id = c.purchase_id
            """, command, cancellationToken: cancellationToken))];
    }
}
