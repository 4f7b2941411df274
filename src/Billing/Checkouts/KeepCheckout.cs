using BillingMonolith.SharedKernel;
using Dapper;
using FluentValidation;
using MediatR;
using Npgsql;

namespace BillingMonolith.Billing;

/// <summary>Records the customer of a checkout, so that a repeat sends Stripe exactly the same request; returns the recorded one.</summary>
/// <param name="CheckoutId">The checkout.</param>
/// <param name="CustomerId">Stripe's customer.</param>
/// <param name="Instead">The customer that it replaces; null = there was none. When another request was faster, its customer stays.</param>
public sealed record KeepCheckoutCustomer(Guid CheckoutId, string CustomerId, string? Instead) : IRequest<string>;

internal sealed class KeepCheckoutCustomerHandler(UnitOfWork work) : IRequestHandler<KeepCheckoutCustomer, string>
{
    public async Task<string> Handle(KeepCheckoutCustomer command, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        return await connection.QuerySingleAsync<string>(new CommandDefinition("""
            UPDATE billing_checkouts SET updated_at = now(),
              stripe_customer_id = CASE WHEN stripe_customer_id IS NOT DISTINCT FROM @Instead THEN @CustomerId ELSE stripe_customer_id END
            WHERE id = @CheckoutId RETURNING stripe_customer_id
            """, command, cancellationToken: cancellationToken));
    }
}

/// <summary>Records the session that Stripe opened for a checkout; returns whether the checkout is still open.</summary>
/// <param name="CheckoutId">The checkout.</param>
/// <param name="SessionId">Stripe's session.</param>
/// <param name="CheckoutUrl">The address to pay at; null once that is not possible.</param>
public sealed record KeepCheckoutSession(Guid CheckoutId, string SessionId, string? CheckoutUrl) : IRequest<bool>;

internal sealed class KeepCheckoutSessionHandler(UnitOfWork work) : IRequestHandler<KeepCheckoutSession, bool>
{
    public async Task<bool> Handle(KeepCheckoutSession command, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        return await connection.QuerySingleAsync<bool>(new CommandDefinition("""
            UPDATE billing_checkouts SET session_id = @SessionId, checkout_url = coalesce(@CheckoutUrl, checkout_url), updated_at = now()
            WHERE id = @CheckoutId RETURNING state = 'open'
            """, command, cancellationToken: cancellationToken));
    }
}

/// <summary>Ends a checkout whose session cannot be paid (any more). An ended checkout stays as it is.</summary>
/// <param name="Cause">The request.</param>
/// <param name="CheckoutId">The checkout.</param>
/// <param name="IsPaid">Whether it was paid.</param>
public sealed record EndCheckout(string Cause, Guid CheckoutId, bool IsPaid) : IRequest;

internal sealed class EndCheckoutValidator : AbstractValidator<EndCheckout>
{
    public EndCheckoutValidator() => RuleFor(e => e.Cause).NotEmpty();
}

internal sealed class EndCheckoutHandler(UnitOfWork work) : IRequestHandler<EndCheckout>
{
    public async Task<Unit> Handle(EndCheckout command, CancellationToken cancellationToken)
    {
        var state = command.IsPaid ? "completed" : "closed";
        var connection = await work.OpenAsync(cancellationToken);
        var ended = await connection.ExecuteAsync(new CommandDefinition(
            "UPDATE billing_checkouts SET state = @state, updated_at = now() WHERE id = @CheckoutId AND state = 'open'",
            new { state, command.CheckoutId }, cancellationToken: cancellationToken));
        if (ended == 1) work.Record(new AuditEntry($"checkout.{state}", "checkout", command.CheckoutId.ToString(), command.Cause));
        return Unit.Value;
    }
}

/// <summary>The caller's checkout with this session; null when the session belongs to none.</summary>
/// <param name="UserId">The Keycloak user id.</param>
/// <param name="SessionId">Stripe's session.</param>
public sealed record FindCheckout(string UserId, string SessionId) : IRequest<Guid?>;

internal sealed class FindCheckoutHandler(NpgsqlDataSource database) : IRequestHandler<FindCheckout, Guid?>
{
    public async Task<Guid?> Handle(FindCheckout query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<Guid?>(new CommandDefinition(
            "SELECT id FROM billing_checkouts WHERE session_id = @SessionId AND user_id = @UserId", query, cancellationToken: cancellationToken));
    }
}
