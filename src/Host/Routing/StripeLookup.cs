using BillingMonolith.Host.Neighbours;
using BillingMonolith.Identity;
using BillingMonolith.SharedKernel;
using MediatR;
using Microsoft.Extensions.Options;
using Stripe;
using Stripe.Checkout;

namespace BillingMonolith.Host.Routing;

/// <summary>Completes an event's facts with Stripe's present state, and with the user concerned.</summary>
internal sealed class StripeLookup(
    SubscriptionService subscriptions, InvoiceService invoices, CustomerService customers, RefundService refunds, OrderSessions orders, IMediator mediator,
    IOptions<InboxOptions> options, ILogger<StripeLookup> log)
{
    /// <summary>The expansions to request with a subscription, so that the routes can read all of it.</summary>
    public static SubscriptionGetOptions Whole => new() { Expand = ["latest_invoice", "schedule.phases.items.price"] };

    /// <param name="facts">The facts in the event alone.</param>
    /// <param name="attempt">The number of attempts for this event.</param>
    public async Task<EventFacts> OfAsync(EventFacts facts, int attempt, CancellationToken cancellationToken)
    {
        if (facts is { Refunds: null, Charge: { } charge }) return facts with { Refunds = await RefundsAsync(charge.Id, cancellationToken) };
        if (facts.Session is { } session && OrderSale.IsOne(session)) return await OrderAsync(facts, session, attempt, cancellationToken);
        if (facts is { SubscriptionId: null, NeedsUser: true, UserId: null }) return await LinkedAsync(facts, cancellationToken);
        if (facts.SubscriptionId is not { } id) return facts;
        return await WhoseAsync(await FetchAsync(facts, id, attempt, cancellationToken) ?? facts, cancellationToken);
    }

    /// <summary>The same, with the subscription as Stripe showed it, and the user concerned.</summary>
    public async Task<EventFacts> OfAsync(EventFacts facts, Subscription shown, CancellationToken cancellationToken) =>
        await WhoseAsync(await ShownAsync(facts, shown, cancellationToken), cancellationToken);

    private async Task<EventFacts> WhoseAsync(EventFacts facts, CancellationToken cancellationToken)
    {
        var found = await UserAsync(facts, cancellationToken);
        return facts with { UserId = found.UserId, WhyNoUser = found.Reason };
    }

    // Nobody can send a cart without its items, so it waits for Stripe, however long; for work that is done for the buyer the payload has enough.
    private async Task<EventFacts> OrderAsync(EventFacts facts, Session session, int attempt, CancellationToken cancellationToken)
    {
        try
        {
            session = await orders.GetAsync(session.Id, cancellationToken);
        }
        catch (StripeException e) when (e.IsNotFound)
        {
            log.LogWarning("Session {SessionId} is gone at Stripe: going by the event's payload", session.Id);
        }
        catch (Exception e) when (attempt >= options.Value.PayloadFallbackAttempt && !OrderSale.IsCart(session) && !cancellationToken.IsCancellationRequested)
        {
            log.LogWarning(e, "Session {SessionId} could not be fetched in {Attempt} tries: going by the event's payload", session.Id, attempt);
        }

        var found = await mediator.Send(new FindUser(session.CustomerId ?? session.Id, OrderSale.ClaimedUser(session), Email: null), cancellationToken);
        return facts with { Session = session, UserId = found.UserId };
    }

    // Gone at Stripe, or out of reach for a while: then the payload has to do. The monotonic guard of the modules drops it if it is older.
    private async Task<EventFacts?> FetchAsync(EventFacts facts, string id, int attempt, CancellationToken cancellationToken)
    {
        try
        {
            return await ShownAsync(facts, await subscriptions.GetAsync(id, Whole, cancellationToken: cancellationToken), cancellationToken);
        }
        catch (StripeException e) when (e.IsNotFound)
        {
            log.LogWarning("Subscription {SubscriptionId} is gone at Stripe: going by the event's payload", id);
            return null;
        }
        catch (Exception e) when (attempt >= options.Value.PayloadFallbackAttempt && !cancellationToken.IsCancellationRequested)
        {
            log.LogWarning(e, "Subscription {SubscriptionId} could not be fetched in {Attempt} tries: going by the event's payload", id, attempt);
            return null;
        }
    }

    private async Task<EventFacts> ShownAsync(EventFacts facts, Subscription shown, CancellationToken cancellationToken) => facts with
    {
        Subscription = shown,
        AsOf = (shown.AsOf ?? facts.Event.Created.Utc, EventFacts.FetchedRank),
        UnpaidSince = shown.Status == SubscriptionStatuses.PastDue ? await UnpaidSinceAsync(shown.Id, cancellationToken) : null,
    };

    // Each further period adds an unpaid invoice, and so may a change of plan within a period: grace counts from the first.
    private async Task<DateTimeOffset?> UnpaidSinceAsync(string id, CancellationToken cancellationToken)
    {
        var open = await invoices.ListAsync(new() { Subscription = id, Status = InvoiceStatuses.Open, Limit = 100 }, cancellationToken: cancellationToken);
        return open.Data.Count == 0 ? null : open.Min(i => i.Created.Utc);
    }

    private async Task<IReadOnlyList<Refund>> RefundsAsync(string chargeId, CancellationToken cancellationToken)
    {
        List<Refund> all = [];
        bool more;
        do
        {
            var list = new RefundListOptions { Charge = chargeId, Limit = 100, StartingAfter = all.LastOrDefault()?.Id };
            var page = await refunds.ListAsync(list, cancellationToken: cancellationToken);
            all.AddRange(page);
            more = page is { HasMore: true, Data.Count: > 0 };
        }
        while (more);
        return all;
    }

    // A pack that names no user belongs to the linked user: a typed address gives nobody credits.
    private async Task<EventFacts> LinkedAsync(EventFacts facts, CancellationToken cancellationToken)
    {
        var found = await mediator.Send(new FindUser(facts.PayerId, UserId: null, Email: null), cancellationToken);
        return facts with { UserId = found.UserId, WhyNoUser = found.Reason };
    }

    private async Task<FoundUser> UserAsync(EventFacts facts, CancellationToken cancellationToken)
    {
        var claimed = facts.UserId ?? facts.Subscription?.Note("user_id");
        var email = facts.Email;
        if (claimed is null && email is null && facts.CustomerId is { } customer)
            email = (await customers.GetAsync(customer, cancellationToken: cancellationToken)).Email;
        return await mediator.Send(new FindUser(facts.CustomerId, claimed, email), cancellationToken);
    }
}
