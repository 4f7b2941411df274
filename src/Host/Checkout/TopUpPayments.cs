using System.Net;
using BillingMonolith.Credits;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Routing;
using Microsoft.Extensions.Options;
using Stripe;

namespace BillingMonolith.Host.Checkout;

/// <summary>Makes the payment of a top-up at Stripe, once, or finds its result.</summary>
internal sealed class TopUpPayments(PaymentIntentService intents, IOptionsMonitor<StripeOptions> options)
{
    private const string Worker = "auto-topup";

    // Stripe keeps an idempotency key for 24 hours: after this time a payment is not made any more, only looked up.
    private static readonly TimeSpan KeyIsSafe = TimeSpan.FromHours(23);
    private static readonly TimeSpan ClocksDiffer = TimeSpan.FromHours(1);

    /// <summary>
    /// The result; null = not known yet. From the second attempt on it is looked up before it is requested again, because an answer may have been lost,
    /// and Stripe keeps a failure of its own under the key just like a success.
    /// </summary>
    /// <exception cref="StripeException">A transient failure.</exception>
    public async Task<SettleTopUp?> MakeAsync(DueTopUp due, CancellationToken cancellationToken)
    {
        try
        {
            if (due.Attempt > 1 && await FindAsync(due, cancellationToken) is { } made) return TopUpIntent.Settled(Worker, made, due.Attempt);
            if (due.Age > KeyIsSafe) return new SettleTopUp(Worker, due.PurchaseId.ToString(), TopUpPayment.NeverMade) { Attempt = due.Attempt };
            var once = new RequestOptions { IdempotencyKey = due.PurchaseId.ToString() };
            return TopUpIntent.Settled(Worker, await intents.CreateAsync(Payment(due), once, cancellationToken), due.Attempt);
        }
        catch (StripeException e) when (Refusal(e) is { } refusal)
        {
            return new SettleTopUp(Worker, due.PurchaseId.ToString(), refusal) { PaymentIntentId = e.StripeError?.PaymentIntent?.Id, Attempt = due.Attempt };
        }
    }

    /// <summary>The result of a permanent error; null = try again.</summary>
    public static TopUpPayment? Refusal(StripeException e) => e.StripeError switch
    {
        { Type: "card_error", Code: ErrorCodes.AuthenticationRequired } => TopUpPayment.AuthenticationRequired,
        { Type: "card_error" } => TopUpPayment.Declined,
        // Another request has this key: the next attempt finds its payment.
        { Type: "invalid_request_error", Param: "payment_method" or "customer" } when !e.IsTransient => TopUpPayment.MethodGone,
        { Type: "invalid_request_error" } when e.HttpStatusCode == HttpStatusCode.BadRequest => TopUpPayment.Refused,
        _ => null,
    };

    private async Task<PaymentIntent?> FindAsync(DueTopUp due, CancellationToken cancellationToken)
    {
        if (due.PaymentIntentId is { } known) return await intents.GetAsync(known, cancellationToken: cancellationToken);
        var (id, after) = (due.PurchaseId.ToString(), (string?)null);
        while (true)
        {
            var page = await intents.ListAsync(new PaymentIntentListOptions
            {
                Customer = due.StripeCustomerId,
                Created = new DateRangeOptions { GreaterThanOrEqual = due.CreatedAt - ClocksDiffer },
                Limit = 100,
                StartingAfter = after,
            }, cancellationToken: cancellationToken);
            if (page.FirstOrDefault(i => i.Note("purchase_id") == id) is { } found) return found;
            if (!page.HasMore || page.Data.Count == 0) return null;
            after = page.Data[^1].Id;
        }
    }

    private PaymentIntentCreateOptions Payment(DueTopUp due)
    {
        var metadata = new Dictionary<string, string>
        {
            ["purpose"] = "auto_topup", ["purchase_id"] = due.PurchaseId.ToString(), ["user_id"] = due.UserId, ["package_code"] = due.PackageCode,
        };
        if (options.CurrentValue.Suite is { Length: > 0 } suite) metadata["suite"] = suite;
        return new PaymentIntentCreateOptions
        {
            Amount = due.AmountMinor, Currency = due.Currency, Customer = due.StripeCustomerId, PaymentMethod = due.PaymentMethodId, OffSession = true,
            Confirm = true, Description = $"{due.PackageName} (automatic top-up)", Metadata = metadata,
        };
    }
}
