using BillingMonolith.SharedKernel;
using Dapper;
using MediatR;

namespace BillingMonolith.Billing;

/// <summary>Records a tier's ids at Stripe. A price whose amount has changed meanwhile is left for the next time.</summary>
/// <param name="Cause">The cause, for the audit log.</param>
/// <param name="TierId">The tier.</param>
/// <param name="StripeProductId">Stripe's product.</param>
/// <param name="Prices">Stripe's prices, with the amounts that they were made for.</param>
public sealed record RecordTierStripeIds(string Cause, string TierId, string StripeProductId, IReadOnlyList<TierPrice> Prices) : IRequest<Tier>;

internal sealed class RecordTierStripeIdsHandler(TierRows rows, UnitOfWork work) : IRequestHandler<RecordTierStripeIds, Tier>
{
    public async Task<Tier> Handle(RecordTierStripeIds command, CancellationToken cancellationToken)
    {
        var before = await rows.LockAsync(command.TierId, cancellationToken);
        var connection = await work.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            WITH priced AS (
              UPDATE billing_tier_prices p SET stripe_price_id = s.id
              FROM unnest(@Cycles, @Currencies, @Amounts, @Ids) AS s (cycle, currency, amount, id)
              WHERE p.tier_id = @TierId AND p.cycle = s.cycle AND p.currency = s.currency AND p.amount_minor = s.amount
                AND p.stripe_price_id IS DISTINCT FROM s.id
              RETURNING 1)
            UPDATE billing_tiers SET stripe_product_id = @StripeProductId
            WHERE id = @TierId AND (stripe_product_id IS DISTINCT FROM @StripeProductId OR EXISTS (SELECT FROM priced))
            """,
            new
            {
                command.TierId,
                command.StripeProductId,
                Cycles = command.Prices.Select(p => p.Cycle.Word()).ToArray(),
                Currencies = command.Prices.Select(p => p.Currency).ToArray(),
                Amounts = command.Prices.Select(p => p.AmountMinor).ToArray(),
                Ids = command.Prices.Select(p => p.StripePriceId).ToArray(),
            },
            cancellationToken: cancellationToken));
        return await rows.DoneAsync("update", command.Cause, command.TierId, before, cancellationToken);
    }
}
