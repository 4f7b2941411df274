using System.Collections.ObjectModel;
using BillingMonolith.SharedKernel;
using Dapper;
using Npgsql;

namespace BillingMonolith.Credits;

/// <summary>The purchase rows: one per checkout session.</summary>
internal sealed class Purchases(UnitOfWork work)
{
    /// <summary>
    /// The terms of the sales in these sessions: the purchase's own snapshot, or the catalogue's for a session that a shop opened without us. A purchase
    /// whose session was never recorded is found by its id, and locked until the transaction ends, because two sessions cannot both belong to it.
    /// </summary>
    public async Task<Sold> FindAsync(IReadOnlyList<SettlePurchase> steps, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        const string snapshot = "id, stripe_checkout_session_id AS SessionId, user_id AS UserId, package_code AS PackageCode, "
            + "package_name AS PackageName, credits, price_minor AS PriceMinor, currency, expires_after_days AS ExpiresAfterDays";
        using var found = await connection.QueryMultipleAsync(new CommandDefinition($"""
            SELECT {snapshot} FROM credit_purchases WHERE stripe_checkout_session_id = ANY (@Sessions);
            SELECT {snapshot} FROM credit_purchases WHERE id = ANY (@Ids) AND kind = 'checkout' ORDER BY id FOR UPDATE;
            SELECT p.package_code, package_name, credits, price_minor, r.currency, expires_after_days
            FROM credit_packages p JOIN credit_package_prices r USING (package_code) WHERE p.package_code = ANY (@Codes)
            ORDER BY r.currency <> p.currency
            """,
            new
            {
                Sessions = steps.Select(s => s.SessionId).ToArray(),
                Ids = steps.Where(s => s.PurchaseId is not null).Select(s => s.PurchaseId!.Value).Distinct().ToArray(),
                Codes = steps.Select(s => s.PackageCode).Distinct().ToArray(),
            },
            cancellationToken: cancellationToken));
        return new Sold([.. found.Read<SoldRow>()], [.. found.Read<SoldRow>()],
            found.Read<(string Code, string Name, long Credits, long Price, string Currency, int? Days)>()
                .ToLookup(p => p.Code, p => new PurchaseSnapshot("", p.Code, p.Name, p.Credits, p.Price, p.Currency, p.Days)));
    }

    /// <summary>Writes the new states, and returns the changed rows by session. A completed purchase stays so; a failed one can only become paid.</summary>
    public async Task<IReadOnlyDictionary<string, WrittenPurchase>> WriteAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        if (settlements.Count == 0) return ReadOnlyDictionary<string, WrittenPurchase>.Empty;
        var connection = await work.OpenAsync(cancellationToken);
        var rows = settlements.OrderBy(s => s.Step.SessionId, StringComparer.Ordinal).ToList();
        await LearnSessionsAsync(connection, rows, cancellationToken);
        var changed = await connection.QueryAsync<WrittenPurchase>(new CommandDefinition("""
            INSERT INTO credit_purchases AS p (stripe_checkout_session_id, user_id, package_code, package_name, credits, price_minor, currency,
                                               amount_paid_minor, discount_applied_minor, stripe_payment_intent_id, status, failure_reason,
                                               expires_after_days, completed_at)
            SELECT s.*, CASE WHEN s.status = 'completed' THEN now() END
            FROM unnest(@Sessions, @Users, @Codes, @Names, @Credits, @Prices, @Currencies, @Paid, @Discounts, @Intents, @Statuses, @Failures, @Days)
              AS s (session, user_id, code, name, credits, price, currency, paid, discount, intent, status, failure, days)
            ON CONFLICT (stripe_checkout_session_id) DO UPDATE SET
              amount_paid_minor = excluded.amount_paid_minor, discount_applied_minor = excluded.discount_applied_minor,
              stripe_payment_intent_id = coalesce(excluded.stripe_payment_intent_id, p.stripe_payment_intent_id),
              status = excluded.status, failure_reason = excluded.failure_reason, completed_at = excluded.completed_at, updated_at = now()
            WHERE p.status IN ('pending', 'processing') AND p.status <> excluded.status OR p.status = 'failed' AND excluded.status = 'completed'
            RETURNING stripe_checkout_session_id AS SessionId, id, user_email AS UserEmail, completed_at AS CompletedAt
            """, Columns(rows), cancellationToken: cancellationToken));
        return changed.ToDictionary(w => w.SessionId);
    }

    // The response to the request that opened the session was lost, so its event tells the purchase the session. The rows are locked (FindAsync).
    private static async Task LearnSessionsAsync(NpgsqlConnection connection, List<Settlement> rows, CancellationToken cancellationToken)
    {
        var learned = rows.FindAll(r => r.Snapshot!.Learns is not null);
        if (learned.Count == 0) return;
        await connection.ExecuteAsync(new CommandDefinition("""
            UPDATE credit_purchases p SET stripe_checkout_session_id = l.session FROM unnest(@Ids, @Sessions) AS l (id, session) WHERE p.id = l.id
            """,
            new { Ids = learned.ConvertAll(r => r.Snapshot!.Learns!.Value), Sessions = learned.ConvertAll(r => r.Step.SessionId) },
            cancellationToken: cancellationToken));
    }

    private static object Columns(List<Settlement> rows) => new
    {
        Sessions = rows.ConvertAll(s => s.Step.SessionId),
        Users = rows.ConvertAll(s => s.Snapshot!.UserId),
        Codes = rows.ConvertAll(s => s.Snapshot!.PackageCode),
        Names = rows.ConvertAll(s => s.Snapshot!.PackageName),
        Credits = rows.ConvertAll(s => s.Snapshot!.Credits),
        Prices = rows.ConvertAll(s => s.Snapshot!.PriceMinor),
        Currencies = rows.ConvertAll(s => s.Snapshot!.Currency),
        Paid = rows.ConvertAll(s => s.Status == PurchaseStatus.Completed ? s.Step.AmountTotalMinor : (long?)null),
        Discounts = rows.ConvertAll(s => s.Step.DiscountMinor),
        Intents = rows.ConvertAll(s => s.Step.PaymentIntentId),
        Statuses = rows.ConvertAll(s => s.Status),
        Failures = rows.ConvertAll(s => s.FailureReason),
        Days = rows.ConvertAll(s => s.Snapshot!.ExpiresAfterDays),
    };
}

/// <summary>A purchase whose row changed.</summary>
internal sealed record WrittenPurchase(string SessionId, Guid Id, string? UserEmail, DateTime? CompletedAt);
