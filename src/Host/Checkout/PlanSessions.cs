using System.Net;
using BillingMonolith.Billing;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.SharedKernel;
using MediatR;
using Stripe;
using Stripe.Checkout;

namespace BillingMonolith.Host.Checkout;

/// <summary>
/// Stripe's page for a checkout of ours: opened once, under the checkout's id and with the values in its row, and closed before another one of the
/// family is opened.
/// </summary>
internal sealed class PlanSessions(IMediator mediator, SessionService sessions, Customers customers, ApplyNow applyNow)
{
    // Stripe keeps an idempotency key, and a session, for 24 hours.
    private static readonly TimeSpan KeyIsSafe = TimeSpan.FromHours(23);

    /// <summary>Whether it can be opened (still): no request is sent under a key that Stripe may have forgotten.</summary>
    public static bool CanOpen(BegunCheckout checkout) => checkout.SessionId is not null || checkout.Age < KeyIsSafe;

    /// <summary>The checkout with its page; null when it was over.</summary>
    /// <exception cref="RefusalException">It was paid (409), or Stripe does not sell at its price (409).</exception>
    public async Task<BegunCheckout?> OpenAsync(BegunCheckout checkout, Buyer buyer, string cause, CancellationToken cancellationToken)
    {
        if (checkout.SessionId is { } known)
        {
            var session = await sessions.GetAsync(known, cancellationToken: cancellationToken);
            if (session.Status == SessionStatuses.Open) return checkout with { CheckoutUrl = session.Url ?? checkout.CheckoutUrl };
            await EndAsync(checkout, session, cause, cancellationToken);
            return null;
        }

        if (await CreateAsync(checkout, buyer, cause, cancellationToken) is not { } made)
        {
            await mediator.Send(new EndCheckout(cause, checkout.Id, IsPaid: false), cancellationToken);
            throw PlanOffers.NotSetUp(checkout.TierId);
        }

        return await mediator.Send(new KeepCheckoutSession(checkout.Id, made.Id, made.Url), cancellationToken)
            ? checkout with { SessionId = made.Id, CheckoutUrl = made.Url }
            : throw Replaced(); // and the request that replaced it has closed this session
    }

    /// <summary>Makes sure that it cannot be paid; only then may another be opened.</summary>
    /// <exception cref="RefusalException">It was paid meanwhile (409).</exception>
    public async Task CloseAsync(BegunCheckout checkout, Buyer buyer, string cause, CancellationToken cancellationToken)
    {
        // Its session may exist without a record, or be about to: the same key finds it.
        var known = checkout.SessionId
            ?? (CanOpen(checkout) ? (await CreateAsync(checkout, buyer, cause, cancellationToken))?.Id : await FindOpenAsync(checkout, cancellationToken));
        if (known is null)
        {
            await mediator.Send(new EndCheckout(cause, checkout.Id, IsPaid: false), cancellationToken);
            return;
        }

        if (checkout.SessionId is null) await mediator.Send(new KeepCheckoutSession(checkout.Id, known, CheckoutUrl: null), cancellationToken);
        await EndAsync(checkout, await ExpireAsync(known, cancellationToken), cause, cancellationToken);
    }

    public static RefusalException Replaced() => new(HttpStatusCode.Conflict, "in-progress",
        "Another checkout of yours was opened at the same moment. Ask again for the plan that you want.") { RetryAfter = TimeSpan.FromSeconds(1) };

    public static RefusalException Second(string why) => new(HttpStatusCode.Conflict, "already-subscribed",
        $"{why} Change that one (POST /api/v1/billing/subscription/upgrade) or see to its payment in the portal: a second one would be paid beside it.");

    public static bool HasEnded(string status) => status is SubscriptionStatuses.Canceled or SubscriptionStatuses.IncompleteExpired;

    private async Task<Session> ExpireAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await sessions.ExpireAsync(id, cancellationToken: cancellationToken);
        }
        catch (StripeException e) when (e.HttpStatusCode == HttpStatusCode.BadRequest)
        {
            return await sessions.GetAsync(id, cancellationToken: cancellationToken); // it is not open any more: paid, or expired
        }
    }

    /// <exception cref="RefusalException">It was paid meanwhile.</exception>
    private async Task EndAsync(BegunCheckout checkout, Session session, string cause, CancellationToken cancellationToken)
    {
        var isPaid = session.Status == SessionStatuses.Complete;
        await mediator.Send(new EndCheckout(cause, checkout.Id, isPaid), cancellationToken);
        if (!isPaid || session.SubscriptionId is not { } subscription) return;
        await using var alone = await applyNow.AloneAsync(cancellationToken, checkout.UserId, subscription);
        // It was bought and has ended since: then it blocks nothing.
        if (await applyNow.FollowAsync(checkout.UserId, session, cause, cancellationToken) is { } now && HasEnded(now.Status)) return;
        throw Second($"You have just subscribed to the plan '{checkout.TierId}'.");
    }

    // Beyond the life of the key no request is under way; every opened session is in the list.
    private async Task<string?> FindOpenAsync(BegunCheckout checkout, CancellationToken cancellationToken)
    {
        if (checkout.CustomerId is not { } customer) return null;
        var open = await sessions.ListAsync(new() { Customer = customer, Status = SessionStatuses.Open, Limit = 100 }, cancellationToken: cancellationToken);
        return open.FirstOrDefault(s => s.Mode == SessionModes.Subscription && s.ClientReferenceId == checkout.UserId
            && s.Note("tier_id") == checkout.TierId)?.Id;
    }

    /// <summary>The session of this checkout, the same one for every call; null when Stripe no longer sells at its price.</summary>
    private async Task<Session?> CreateAsync(BegunCheckout checkout, Buyer buyer, string cause, CancellationToken cancellationToken)
    {
        try
        {
            return (await customers.ForAsync(buyer, checkout.CustomerId, cause,
                (made, instead) => mediator.Send(new KeepCheckoutCustomer(checkout.Id, made, instead), cancellationToken),
                customer => sessions.CreateAsync(
                    SessionOf(checkout, customer), new RequestOptions { IdempotencyKey = $"plan:{checkout.Id}" }, cancellationToken),
                cancellationToken)).Answer;
        }
        catch (StripeException e) when (e.StripeError?.Param?.StartsWith("line_items", StringComparison.Ordinal) is true)
        {
            return null;
        }
    }

    private static SessionCreateOptions SessionOf(BegunCheckout checkout, string customer) => new()
    {
        Mode = SessionModes.Subscription,
        LineItems = [new() { Price = checkout.StripePriceId, Quantity = 1 }],
        Customer = customer,
        ClientReferenceId = checkout.UserId,
        SuccessUrl = checkout.SuccessUrl,
        CancelUrl = checkout.CancelUrl,
        AllowPromotionCodes = true,
        Metadata = new(checkout.Metadata),
        SubscriptionData = new() { Metadata = new(checkout.Metadata) },
    };
}
