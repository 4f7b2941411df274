using BillingMonolith.Credits;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Routing;
using BillingMonolith.SharedKernel;
using MediatR;
using Stripe.Checkout;

namespace BillingMonolith.Host.Checkout;

/// <summary>
/// Completes a purchase when the buyer returns: the webhook's own step, whichever comes first. It is granted once, by its session.
/// </summary>
internal sealed class Completion(IMediator mediator, SessionService sessions)
{
    /// <summary>The state of the caller's own purchase; null when this session belongs to none.</summary>
    public async Task<PurchaseState?> CompleteAsync(string userId, string sessionId, string cause, CancellationToken cancellationToken)
    {
        var find = new FindPurchase(userId, sessionId);
        if (await mediator.Send(find, cancellationToken) is not { } purchase) return null;
        if (purchase.Status is not ("pending" or "processing" or "failed")) return purchase;

        var session = await sessions.GetAsync(sessionId, cancellationToken: cancellationToken);
        Payment? payment = session.Status switch
        {
            SessionStatuses.Complete => PackSale.PaymentOf(session),
            SessionStatuses.Expired => Payment.Expired,
            _ => null, // still open: the buyer returned without paying
        };
        if (payment is null || PackSale.Of(cause, userId, session, payment.Value) is not { } step) return purchase;
        await mediator.Send(new StepSet<SettlePurchase>([step]), cancellationToken);
        return await mediator.Send(find, cancellationToken);
    }
}
