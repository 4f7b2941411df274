using BillingMonolith.Billing;
using BillingMonolith.Host.Neighbours;
using MediatR;
using Stripe.Checkout;

namespace BillingMonolith.Host.Checkout;

/// <summary>
/// Completes a subscription when the buyer returns: the webhook's own steps, whichever comes first.
/// </summary>
internal sealed class PlanCompletion(IMediator mediator, SessionService sessions, ApplyNow applyNow)
{
    /// <summary>The state of the caller's own checkout; null when this session belongs to none.</summary>
    public async Task<string?> CompleteAsync(string userId, string sessionId, string cause, CancellationToken cancellationToken)
    {
        if (await mediator.Send(new FindCheckout(userId, sessionId), cancellationToken) is not { } checkout) return null;
        var session = await sessions.GetAsync(sessionId, cancellationToken: cancellationToken);
        if (session.Status == SessionStatuses.Open) return "open";
        var isPaid = session.Status == SessionStatuses.Complete;
        await mediator.Send(new EndCheckout(cause, checkout, isPaid), cancellationToken);
        if (!isPaid || session.SubscriptionId is not { } subscription) return "expired";
        if (session.PaymentStatus == PaymentStatuses.Unpaid) return "processing";

        await using var alone = await applyNow.AloneAsync(cancellationToken, userId, session.CustomerId ?? userId, subscription);
        await applyNow.FollowAsync(userId, session, cause, cancellationToken);
        var own = await mediator.Send(new ReadSubscriptions(userId), cancellationToken);
        return own.Any(s => s.Id == subscription) ? "active" : "waiting";
    }
}
