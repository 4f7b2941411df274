using System.Globalization;
using BillingMonolith.Credits;
using BillingMonolith.Host.Neighbours;
using MediatR;
using Stripe;
using Stripe.Checkout;

namespace BillingMonolith.Host.Checkout;

/// <summary>
/// Opens Stripe's page for a purchase. The row exists before, so that a repeat of the request continues where it failed: Stripe is
/// called with the purchase's id as its idempotency key, and with the values in the row.
/// </summary>
internal sealed class PackCheckout(
    IMediator mediator, SessionService sessions, Customers customers, ReturnAddresses addresses, ILogger<PackCheckout> log)
{
    /// <summary>A purchase with its page for payment. A known key returns the purchase of that key.</summary>
    public async Task<BegunPurchase> BuyAsync(Buyer buyer, PackOrder order, string? key, string cause, CancellationToken cancellationToken)
    {
        var purchase = await mediator.Send(new BeginPurchase(cause, buyer.UserId, order.PackageCode)
        {
            RequestKey = key,
            Currency = order.Currency,
            SavePaymentMethod = order.SavePaymentMethod,
            UserEmail = buyer.Email,
            CustomerId = await customers.FindAsync(buyer.UserId, cancellationToken),
            SuccessUrl = addresses.Success(order.SuccessUrl),
            CancelUrl = addresses.Cancel(order.CancelUrl),
        }, cancellationToken);
        return await OpenAsync(purchase, buyer, cause, cancellationToken);
    }

    // A purchase with a session is returned unchanged.
    private async Task<BegunPurchase> OpenAsync(BegunPurchase purchase, Buyer buyer, string cause, CancellationToken cancellationToken)
    {
        if (purchase is { SessionId: not null, CheckoutUrl: not null }) return purchase;
        var (customer, session) = await customers.ForAsync(buyer, purchase.CustomerId, cause,
            (made, instead) => mediator.Send(new KeepCustomer(purchase.Id, made, instead), cancellationToken),
            known => CreateAsync(purchase, known, cancellationToken), cancellationToken);
        await mediator.Send(new RecordCheckout(purchase.Id, session.Id, session.Url, session.ExpiresAt.Utc), cancellationToken);
        return purchase with { CustomerId = customer, SessionId = session.Id, CheckoutUrl = session.Url };
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
            // Somebody archived the price at Stripe. The buyer pays the promised amount; with a key of its own, because it is another request.
            log.LogError("Stripe does not take price {PriceId} of package {PackageCode} ({Reason}): sold by its amount. Run `setup stripe`",
                price, purchase.PackageCode, e.Message);
            return await CreateAsync(purchase, customer, Amount(purchase), ":amount", cancellationToken);
        }
    }

    private Task<Session> CreateAsync(BegunPurchase purchase, string customer, SessionLineItemOptions line, string key, CancellationToken cancellationToken)
    {
        var metadata = customers.Labelled(new()
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
                Metadata = metadata, // refunds and disputes refer to the payment only
                SetupFutureUsage = purchase.SavePaymentMethod ? "off_session" : null,
            },
        }, new RequestOptions { IdempotencyKey = purchase.Id + key }, cancellationToken);
    }

    private static SessionLineItemOptions Amount(BegunPurchase purchase) => new()
    {
        Quantity = 1,
        PriceData = new()
        {
            Currency = purchase.Currency,
            UnitAmount = purchase.PriceMinor,
            ProductData = new() { Name = purchase.PackageName },
        },
    };
}

/// <summary>The pack that a buyer requests.</summary>
internal sealed record PackOrder(
    string PackageCode, string? SuccessUrl = null, string? CancelUrl = null, string? Currency = null, bool SavePaymentMethod = false);
