using BillingMonolith.SharedKernel;
using Dapper;
using MediatR;

namespace BillingMonolith.Credits;

/// <summary>
/// Keeps with a purchase the customer for whom its checkout is opened, so that a repeat asks Stripe for exactly the same; answers the one kept.
/// </summary>
/// <param name="PurchaseId">The purchase.</param>
/// <param name="CustomerId">Stripe's customer.</param>
/// <param name="Instead">The customer that it takes the place of; null = there was none. When another request was quicker, its customer stays.</param>
public sealed record KeepCustomer(Guid PurchaseId, string CustomerId, string? Instead) : IRequest<string>;

internal sealed class KeepCustomerHandler(UnitOfWork work) : IRequestHandler<KeepCustomer, string>
{
    public async Task<string> Handle(KeepCustomer command, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        return await connection.QuerySingleAsync<string>(new CommandDefinition("""
            UPDATE credit_purchases SET updated_at = now(),
              stripe_customer_id = CASE WHEN stripe_customer_id IS NOT DISTINCT FROM @Instead THEN @CustomerId ELSE stripe_customer_id END
            WHERE id = @PurchaseId RETURNING stripe_customer_id
            """, command, cancellationToken: cancellationToken));
    }
}

/// <summary>Keeps with a purchase the session that Stripe opened for it. It may be known already, by a webhook that was quicker.</summary>
/// <param name="PurchaseId">The purchase.</param>
/// <param name="SessionId">Stripe's session.</param>
/// <param name="CheckoutUrl">Where to pay.</param>
/// <param name="ExpiresAt">Until when.</param>
public sealed record RecordCheckout(Guid PurchaseId, string SessionId, string? CheckoutUrl, DateTimeOffset? ExpiresAt) : IRequest;

internal sealed class RecordCheckoutHandler(UnitOfWork work) : IRequestHandler<RecordCheckout>
{
    public async Task<Unit> Handle(RecordCheckout command, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        var kept = await connection.ExecuteAsync(new CommandDefinition("""
            UPDATE credit_purchases SET stripe_checkout_session_id = @SessionId, checkout_url = @CheckoutUrl, checkout_expires_at = @Ends, updated_at = now()
            WHERE id = @PurchaseId AND (stripe_checkout_session_id IS NULL OR stripe_checkout_session_id = @SessionId)
            """,
            new { command.PurchaseId, command.SessionId, command.CheckoutUrl, Ends = command.ExpiresAt?.UtcDateTime },
            cancellationToken: cancellationToken));
        return kept == 1 ? Unit.Value : throw new InvalidOperationException($"Purchase {command.PurchaseId} has another session than {command.SessionId}.");
    }
}
