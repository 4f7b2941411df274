using BillingMonolith.SharedKernel;
using Dapper;
using MediatR;

namespace BillingMonolith.Credits;

/// <summary>Records a package's ids at Stripe. A price whose amount has changed meanwhile is left for the next time.</summary>
/// <param name="Cause">The cause, for the audit log.</param>
/// <param name="PackageCode">The package.</param>
/// <param name="StripeProductId">Stripe's product.</param>
/// <param name="Prices">Stripe's prices, with the amounts that they were made for.</param>
public sealed record RecordStripeIds(string Cause, string PackageCode, string StripeProductId, IReadOnlyList<CreditPrice> Prices) : IRequest<CreditPackage>;

internal sealed class RecordStripeIdsHandler(PackageRows rows, UnitOfWork work) : IRequestHandler<RecordStripeIds, CreditPackage>
{
    public async Task<CreditPackage> Handle(RecordStripeIds command, CancellationToken cancellationToken)
    {
        var before = await rows.LockAsync(command.PackageCode, cancellationToken);
        var connection = await work.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            WITH priced AS (
              UPDATE credit_package_prices p SET stripe_price_id = s.id
              FROM unnest(@Currencies, @Amounts, @Ids) AS s (currency, amount, id)
              WHERE p.package_code = @PackageCode AND p.currency = s.currency AND p.price_minor = s.amount AND p.stripe_price_id IS DISTINCT FROM s.id
              RETURNING 1)
            UPDATE credit_packages SET stripe_product_id = @StripeProductId
            WHERE package_code = @PackageCode AND (stripe_product_id IS DISTINCT FROM @StripeProductId OR EXISTS (SELECT FROM priced))
            """,
            new
            {
                command.PackageCode,
                command.StripeProductId,
                Currencies = command.Prices.Select(p => p.Currency).ToArray(),
                Amounts = command.Prices.Select(p => p.AmountMinor).ToArray(),
                Ids = command.Prices.Select(p => p.StripePriceId).ToArray(),
            },
            cancellationToken: cancellationToken));
        return await rows.DoneAsync("update", command.Cause, command.PackageCode, before, cancellationToken);
    }
}
