using BillingMonolith.Billing;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Routing;
using MediatR;
using Stripe;

namespace BillingMonolith.Host.Checkout;

/// <summary>A user's request.</summary>
internal sealed record PlanOrder(string TierId, string BillingCycle, string? SuccessUrl = null, string? CancelUrl = null, string? Currency = null);

/// <summary>
/// Lets a user subscribe to a plan. A user has one subscription and one payable page per family. Only our own tables and
/// Stripe together count.
/// </summary>
internal sealed class PlanCheckout(
    IMediator mediator, SubscriptionService subscriptions, Customers customers, PlanOffers offers, PlanSessions pages, ReturnAddresses addresses,
    ApplyNow applyNow)
{
    private const int Tries = 3;

    public async Task<BegunCheckout> OpenAsync(Buyer buyer, PlanOrder order, string? key, string cause, CancellationToken cancellationToken)
    {
        var cycle = PlanOffers.Cycle(order.BillingCycle, "billing_cycle");
        var (tier, _, price) = PlanOffers.Priced(await offers.TierAsync(buyer.UserId, order.TierId, cancellationToken), cycle, order.Currency);
        var customer = await customers.FindAsync(buyer.UserId, cancellationToken);
        var begin = new BeginCheckout(cause, buyer.UserId, tier.Id, tier.Family, cycle, price)
        {
            RequestKey = key,
            CustomerId = customer,
            Metadata = Notes(buyer, tier, cycle),
            SuccessUrl = addresses.PlanSuccess(order.SuccessUrl),
            CancelUrl = addresses.PlanCancel(order.CancelUrl),
        };
        await RefuseSecondAsync(buyer.UserId, tier, customer, cause, cancellationToken);
        for (var i = 0; i < Tries; i++)
        {
            var checkout = await mediator.Send(begin, cancellationToken);
            if (!checkout.Fits || !PlanSessions.CanOpen(checkout)) await pages.CloseAsync(checkout, buyer, cause, cancellationToken);
            else if (await pages.OpenAsync(checkout, buyer, cause, cancellationToken) is { } open) return open;
        }

        throw PlanSessions.Replaced();
    }

    private Dictionary<string, string> Notes(Buyer buyer, Tier tier, BillingCycle cycle)
    {
        var notes = customers.Labelled(new()
        {
            ["user_id"] = buyer.UserId, ["tier_id"] = tier.Id, ["tier_name"] = tier.Name, ["billing_cycle"] = cycle.Word(),
        });
        if (buyer.Email is { } email) notes["user_email"] = notes["customer_email"] = email;
        return notes;
    }

    private async Task RefuseSecondAsync(string userId, Tier tier, string? customer, string cause, CancellationToken cancellationToken)
    {
        var own = await mediator.Send(new ReadSubscriptions(userId), cancellationToken);
        if (own.FirstOrDefault(s => s.IsLive && s.Family == tier.Family) is { } live)
            throw PlanSessions.Second($"You have the plan {live.TierName} ({live.Status.Replace('_', ' ')}).");
        if (customer is null) return;

        // An event may be on its way: Stripe knows before we do.
        var families = (await mediator.Send(new ReadTiers(), cancellationToken)).ToDictionary(t => t.Id, t => t.Family);
        var second = (await AtStripeAsync(customer, cancellationToken)).FirstOrDefault(s => !PlanSessions.HasEnded(s.Status)
            && SubscribedPlan.Of(s, s.Notes).TierId is { } id && families.GetValueOrDefault(id) == tier.Family);
        if (second is null) return;
        await using var alone = await applyNow.AloneAsync(cancellationToken, userId, second.Id);
        await applyNow.FollowAsync(userId, second, cause, cancellationToken);
        throw PlanSessions.Second($"You have the plan '{SubscribedPlan.Of(second, second.Notes).TierId}' ({second.Status.Replace('_', ' ')}).");
    }

    private async Task<IEnumerable<Subscription>> AtStripeAsync(string customer, CancellationToken cancellationToken)
    {
        try
        {
            return await subscriptions.ListAsync(new() { Customer = customer, Status = "all", Limit = 100 }, cancellationToken: cancellationToken);
        }
        catch (StripeException e) when (Customers.IsGone(e))
        {
            return [];
        }
    }
}
