using System.Net;
using BillingMonolith.SharedKernel;
using Stripe;

namespace BillingMonolith.Host.Checkout;

/// <summary>The user's data that only Stripe has: invoices and cards, seen and changed on Stripe's own pages.</summary>
internal sealed class Portal(
    Customers customers, Stripe.BillingPortal.SessionService sessions, PaymentMethodService methods, ReturnAddresses addresses)
{
    private const int Most = 20;

    /// <summary>The address of the caller's own portal.</summary>
    /// <exception cref="RefusalException">Stripe does not know the caller yet (404).</exception>
    public async Task<string> OpenAsync(string userId, CancellationToken cancellationToken)
    {
        var customer = await customers.FindAsync(userId, cancellationToken) ?? throw NoCustomer();
        try
        {
            return (await sessions.CreateAsync(new() { Customer = customer, ReturnUrl = addresses.Plan }, cancellationToken: cancellationToken)).Url;
        }
        catch (StripeException e) when (Customers.IsGone(e))
        {
            throw NoCustomer();
        }
    }

    /// <summary>The cards that Stripe keeps for the caller, the newest first.</summary>
    public async Task<IReadOnlyList<PaymentMethod>> CardsAsync(string userId, CancellationToken cancellationToken)
    {
        if (await customers.FindAsync(userId, cancellationToken) is not { } customer) return [];
        try
        {
            var kept = await methods.ListAsync(new() { Customer = customer, Type = "card", Limit = Most }, cancellationToken: cancellationToken);
            return [.. kept.Where(m => m.Card is not null)];
        }
        catch (StripeException e) when (Customers.IsGone(e))
        {
            return [];
        }
    }

    private static RefusalException NoCustomer() => new(HttpStatusCode.NotFound, "customer-not-found",
        "There is nothing to see to yet: you have not bought anything.");
}
