using BillingMonolith.SharedKernel;
using Dapper;

namespace BillingMonolith.Credits;

/// <summary>The rows of refunds, of disputes and of the purchases concerned.</summary>
internal sealed class MoneyFacts(UnitOfWork work)
{
    /// <summary>See <see cref="PaymentLock"/>.</summary>
    public Task LockAsync(IEnumerable<string?> payments, bool alone, CancellationToken cancellationToken) =>
        PaymentLock.HoldAsync(work, PaymentLock.Credits, payments, alone, cancellationToken);

    /// <summary>The known facts of these payments, by the fact's id.</summary>
    public async Task<Dictionary<string, MoneyFact>> OfAsync(IReadOnlyCollection<string> payments, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        using var rows = await connection.QueryMultipleAsync(new CommandDefinition("""
            SELECT refund_id, payment_intent_id, charge_id, amount_minor, currency, state FROM credit_refunds WHERE payment_intent_id = ANY (@Payments);
            SELECT dispute_id, payment_intent_id, charge_id, amount_minor, currency, state, as_of FROM credit_disputes WHERE payment_intent_id = ANY (@Payments)
            """, new { Payments = payments.ToArray() }, cancellationToken: cancellationToken));
        var refunds = rows.Read<(string Id, string Payment, string? Charge, long Amount, string Currency, string State)>();
        var disputes = rows.Read<(string Id, string Payment, string? Charge, long Amount, string Currency, string State, DateTime AsOf)>();
        return refunds
            .Select(r => (MoneyFact)new RefundFact(r.Id, r.Payment, r.Charge, r.Amount, r.Currency, Enum.Parse<RefundState>(r.State, ignoreCase: true)))
            .Concat(disputes.Select(d =>
                new DisputeFact(d.Id, d.Payment, d.Charge, d.Amount, d.Currency, Enum.Parse<DisputeState>(d.State, ignoreCase: true),
                    new DateTimeOffset(d.AsOf))))
            .ToDictionary(f => f.Id);
    }

    /// <summary>The facts themselves have decided which one is newer (<see cref="MoneyFact.Supersedes"/>), under the payment's lock.</summary>
    public async Task WriteAsync(IReadOnlyCollection<MoneyFact> facts, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            INSERT INTO credit_refunds (refund_id, payment_intent_id, charge_id, amount_minor, currency, state)
            SELECT * FROM unnest(@Ids, @Payments, @Charges, @Amounts, @Currencies, @States)
            ON CONFLICT (refund_id) DO UPDATE SET amount_minor = excluded.amount_minor, state = excluded.state, updated_at = now()
            """, Columns([.. facts.OfType<RefundFact>()], r => r.State.ToString(), _ => null), cancellationToken: cancellationToken));
        await connection.ExecuteAsync(new CommandDefinition("""
            INSERT INTO credit_disputes (dispute_id, payment_intent_id, charge_id, amount_minor, currency, state, as_of)
            SELECT * FROM unnest(@Ids, @Payments, @Charges, @Amounts, @Currencies, @States, @AsOfs)
            ON CONFLICT (dispute_id) DO UPDATE SET amount_minor = excluded.amount_minor, state = excluded.state, as_of = excluded.as_of, updated_at = now()
            """, Columns([.. facts.OfType<DisputeFact>()], d => d.State.ToString(), d => d.AsOf.UtcDateTime), cancellationToken: cancellationToken));
    }

    /// <summary>The completed purchases of these payments, locked, in the lock order of their users' accounts.</summary>
    public async Task<IReadOnlyList<PaidPurchase>> PurchasesAsync(IReadOnlyCollection<string> payments, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        return [.. await connection.QueryAsync<PaidPurchase>(new CommandDefinition("""
            WITH locked AS MATERIALIZED (
              SELECT * FROM credit_purchases WHERE stripe_payment_id = ANY (@Payments) AND completed_at IS NOT NULL ORDER BY id FOR UPDATE)
            SELECT p.id, coalesce(p.stripe_checkout_session_id, p.stripe_payment_id) AS Name, p.stripe_payment_id AS Payment, p.user_id AS UserId,
                   p.grant_source AS Origin, p.credits, coalesce(p.amount_paid_minor, 0) AS PaidMinor, p.currency::text AS Currency,
                   p.clawed_credits AS ClawedCredits, EXISTS (SELECT FROM credit_lots l WHERE l.origin = p.grant_source AND l.frozen) AS IsFrozen
            FROM locked p ORDER BY p.user_id, p.id
            """, new { Payments = payments.ToArray() }, cancellationToken: cancellationToken))];
    }

    public async Task WriteAsync(IReadOnlyList<(PaidPurchase Purchase, MoneyBack Back)> purchases, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            UPDATE credit_purchases p
            SET refunded_minor = b.refunded, disputed_minor = b.disputed, clawed_credits = b.clawed, status = b.status, updated_at = now()
            FROM unnest(@Ids, @Refunded, @Disputed, @Clawed, @Statuses) AS b (id, refunded, disputed, clawed, status) WHERE p.id = b.id
            """,
            new
            {
                Ids = purchases.Select(p => p.Purchase.Id).ToArray(),
                Refunded = purchases.Select(p => p.Back.RefundedMinor).ToArray(),
                Disputed = purchases.Select(p => p.Back.DisputedMinor).ToArray(),
                Clawed = purchases.Select(p => p.Back.Credits).ToArray(),
                Statuses = purchases.Select(p => p.Back.Status).ToArray(),
            },
            cancellationToken: cancellationToken));
    }

    private static object Columns<T>(List<T> facts, Func<T, string> state, Func<T, DateTime?> asOf) where T : MoneyFact => new
    {
        Ids = facts.ConvertAll(f => f.Id),
        Payments = facts.ConvertAll(f => f.PaymentIntentId),
        Charges = facts.ConvertAll(f => f.ChargeId),
        Amounts = facts.ConvertAll(f => f.AmountMinor),
        Currencies = facts.ConvertAll(f => f.Currency),
        States = facts.ConvertAll(f => state(f).ToLowerInvariant()),
        AsOfs = facts.ConvertAll(f => asOf(f)),
    };
}
