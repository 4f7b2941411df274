using BillingMonolith.SharedKernel;
using Dapper;
using MediatR;

namespace BillingMonolith.Credits;

/// <summary>
/// Records the customer of a purchase's checkout, so that a repeat sends Stripe exactly the same request; returns the recorded one.
/// </summary>
/// <param name="PurchaseId">The purchase.</param>
/// <param name="CustomerId">Stripe's customer.</param>
/// <param name="Instead">The customer that it replaces; null = there was none. When another request was faster, its customer stays.</param>
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

/// <summary>Records the session that Stripe opened for a purchase. A faster webhook may have recorded it already.</summary>
/// <param name="PurchaseId">The purchase.</param>
/// <param name="SessionId">Stripe's session.</param>
/// <param name="CheckoutUrl">The address to pay at.</param>
/// <param name="ExpiresAt">The end of the session.</param>
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
