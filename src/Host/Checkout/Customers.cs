using BillingMonolith.Host.Neighbours;
using BillingMonolith.Identity;
using MediatR;
using Microsoft.Extensions.Options;
using Stripe;

namespace BillingMonolith.Host.Checkout;

/// <summary>A buyer's customer at Stripe: the one of our own mapping, or a new one. Every sale gets its customer here.</summary>
internal sealed class Customers(IMediator mediator, CustomerService customers, IOptionsMonitor<StripeOptions> stripe, ILogger<Customers> log)
{
    private const string Missing = "resource_missing";

    /// <summary>The customer that is linked to a user; null when there is none yet.</summary>
    public Task<string?> FindAsync(string userId, CancellationToken cancellationToken) => mediator.Send(new FindCustomer(userId), cancellationToken);

    /// <summary>Whether Stripe does not know the customer (any more).</summary>
    public static bool IsGone(StripeException e) => e.StripeError is { Code: Missing, Param: "customer" };

    /// <summary>
    /// Sends Stripe a request for a customer. Without a customer one is created first; one that was deleted at Stripe is replaced, once.
    /// </summary>
    /// <param name="buyer">The buyer.</param>
    /// <param name="known">The customer recorded with the sale; null = none yet.</param>
    /// <param name="cause">The request.</param>
    /// <param name="keep">Records a created customer, given the one that it replaces; returns the one that counts.</param>
    /// <param name="ask">The request to send.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<(string Customer, T Answer)> ForAsync<T>(
        Buyer buyer, string? known, string cause, Func<string, string?, Task<string>> keep, Func<string, Task<T>> ask, CancellationToken cancellationToken)
    {
        var customer = known ?? await keep(await MakeAsync(buyer, instead: null, cause, cancellationToken), null);
        try
        {
            return (customer, await ask(customer));
        }
        catch (StripeException e) when (IsGone(e))
        {
            log.LogWarning("Customer {CustomerId} of user {UserId} is gone at Stripe: another takes its place", customer, buyer.UserId);
            customer = await keep(await MakeAsync(buyer, instead: customer, cause, cancellationToken), customer);
            return (customer, await ask(customer));
        }
    }

    /// <summary>Metadata with the name of this product, when there are several on the account.</summary>
    public Dictionary<string, string> Labelled(Dictionary<string, string> metadata)
    {
        if (stripe.CurrentValue.Suite is { Length: > 0 } suite) metadata["suite"] = suite;
        return metadata;
    }

    // Two hosts at once, or a crash before the mapping is written, get one customer: by the key at Stripe, and by the mapping here.
    private async Task<string> MakeAsync(Buyer buyer, string? instead, string cause, CancellationToken cancellationToken)
    {
        var made = await customers.CreateAsync(new CustomerCreateOptions
        {
            Email = buyer.Email,
            Name = buyer.Name,
            Metadata = Labelled(new() { ["user_id"] = buyer.UserId }),
        }, new RequestOptions { IdempotencyKey = buyer.CustomerKey(instead) }, cancellationToken);
        return await mediator.Send(new AdoptCustomer(cause, buyer.UserId, made.Id, instead), cancellationToken);
    }
}
