using System.Globalization;
using BillingMonolith.Credits;
using BillingMonolith.Host.Intake;
using BillingMonolith.Identity;
using MediatR;
using Microsoft.Extensions.Options;
using Stripe;
using Stripe.Checkout;

namespace BillingMonolith.Host.Shop;

/// <summary>
/// Opens Stripe's page for a purchase. The row is there before, and whatever happens on the way, the same request goes on where it ended: Stripe is
/// asked with the purchase's id as its idempotency key, and with what stands in the row.
/// </summary>
internal sealed class Checkout(
    IMediator mediator, SessionService sessions, CustomerService customers, ReturnAddresses addresses, IOptionsMonitor<StripeOptions> stripe,
    ILogger<Checkout> log)
{
    private const string Missing = "resource_missing";

    /// <summary>A purchase with the page where it can be paid. Under a key that is known it is the purchase of that key.</summary>
    public async Task<BegunPurchase> BuyAsync(Buyer buyer, Order order, string? key, string cause, CancellationToken cancellationToken)
    {
        var purchase = await mediator.Send(new BeginPurchase(cause, buyer.UserId, order.PackageCode)
        {
            RequestKey = key,
            Currency = order.Currency,
            SavePaymentMethod = order.SavePaymentMethod,
            UserEmail = buyer.Email,
            CustomerId = await mediator.Send(new FindCustomer(buyer.UserId), cancellationToken),
            SuccessUrl = addresses.Success(order.SuccessUrl),
            CancelUrl = addresses.Cancel(order.CancelUrl),
        }, cancellationToken);
        return await OpenAsync(purchase, buyer, cause, cancellationToken);
    }

    // One that has its session already is answered as it is.
    private async Task<BegunPurchase> OpenAsync(BegunPurchase purchase, Buyer buyer, string cause, CancellationToken cancellationToken)
    {
        if (purchase is { SessionId: not null, CheckoutUrl: not null }) return purchase;
        var customer = purchase.CustomerId ?? await NewCustomerAsync(purchase, buyer, instead: null, cause, cancellationToken);
        Session session;
        try
        {
            session = await CreateAsync(purchase, customer, cancellationToken);
        }
        catch (StripeException e) when (e.StripeError is { Code: Missing, Param: "customer" })
        {
            log.LogWarning("Customer {CustomerId} of user {UserId} is gone at Stripe: another takes its place", customer, buyer.UserId);
            customer = await NewCustomerAsync(purchase, buyer, instead: customer, cause, cancellationToken);
            session = await CreateAsync(purchase, customer, cancellationToken);
        }

        await mediator.Send(new RecordCheckout(purchase.Id, session.Id, session.Url, session.ExpiresAt), cancellationToken);
        return purchase with { CustomerId = customer, SessionId = session.Id, CheckoutUrl = session.Url };
    }

    // Two hosts at once, or a crash before the mapping is written, get one customer: by the key at Stripe, and by the mapping here.
    private async Task<string> NewCustomerAsync(BegunPurchase purchase, Buyer buyer, string? instead, string cause, CancellationToken cancellationToken)
    {
        var made = await customers.CreateAsync(new CustomerCreateOptions
        {
            Email = buyer.Email,
            Name = buyer.Name,
            Metadata = Labelled(new() { ["user_id"] = buyer.UserId }),
        }, new RequestOptions { IdempotencyKey = buyer.CustomerKey(instead) }, cancellationToken);
        var ours = await mediator.Send(new AdoptCustomer(cause, buyer.UserId, made.Id, instead), cancellationToken);
        return await mediator.Send(new KeepCustomer(purchase.Id, ours, instead), cancellationToken);
    }

    private async Task<Session> CreateAsync(BegunPurchase purchase, string customer, CancellationToken cancellationToken)
    {
        if (purchase.StripePriceId is not { } price) return await CreateAsync(purchase, customer, Amount(purchase), "", cancellationToken);
        try
        {
            return await CreateAsync(purchase, customer, new SessionLineItemOptions { Price = price, Quantity = 1 }, "", cancellationToken);
        }
        catch (StripeException e) when (e.StripeError?.Param?.StartsWith("line_items", StringComparison.Ordinal) is true)
        {
            // Somebody archived the price at Stripe. The buyer pays what was promised; a key of its own, because it is another request.
            log.LogError("Stripe does not take price {PriceId} of package {PackageCode} ({Reason}): sold by its amount. Run `setup stripe`",
                price, purchase.PackageCode, e.Message);
            return await CreateAsync(purchase, customer, Amount(purchase), ":amount", cancellationToken);
        }
    }

    private Task<Session> CreateAsync(BegunPurchase purchase, string customer, SessionLineItemOptions line, string key, CancellationToken cancellationToken)
    {
        var metadata = Labelled(new()
        {
            ["purpose"] = "credit_pack",
            ["user_id"] = purchase.UserId,
            ["package_code"] = purchase.PackageCode,
            ["credits"] = purchase.Credits.ToString(CultureInfo.InvariantCulture),
            ["purchase_id"] = purchase.Id.ToString(),
        });
        return sessions.CreateAsync(new SessionCreateOptions
        {
            Mode = SessionModes.Payment,
            LineItems = [line],
            Customer = customer,
            ClientReferenceId = purchase.UserId,
            SuccessUrl = purchase.SuccessUrl,
            CancelUrl = purchase.CancelUrl,
            AllowPromotionCodes = true,
            Metadata = metadata,
            PaymentIntentData = new SessionPaymentIntentDataOptions
            {
                Metadata = metadata, // refunds and disputes know the payment only
                SetupFutureUsage = purchase.SavePaymentMethod ? "off_session" : null,
            },
        }, new RequestOptions { IdempotencyKey = purchase.Id + key }, cancellationToken);
    }

    private static SessionLineItemOptions Amount(BegunPurchase purchase) => new()
    {
        Quantity = 1,
        PriceData = new SessionPriceDataOptions
        {
            Currency = purchase.Currency,
            UnitAmount = purchase.PriceMinor,
            ProductData = new SessionProductDataOptions { Name = purchase.PackageName },
        },
    };

    private Dictionary<string, string> Labelled(Dictionary<string, string> metadata)
    {
        if (stripe.CurrentValue.Suite is { Length: > 0 } suite) metadata["suite"] = suite;
        return metadata;
    }
}

/// <summary>What a buyer asks for.</summary>
internal sealed record Order(string PackageCode, string? SuccessUrl = null, string? CancelUrl = null, string? Currency = null, bool SavePaymentMethod = false);
