using System.Net;
using BillingMonolith.Billing;
using BillingMonolith.SharedKernel;
using FluentValidation;
using FluentValidation.Results;
using MediatR;

namespace BillingMonolith.Host.Checkout;

/// <summary>A plan as requested.</summary>
internal sealed record Offer(Tier Tier, BillingCycle Cycle, TierPrice Price)
{
    /// <summary>The price of a year, by which plans are compared.</summary>
    public long PerYearMinor => Cycle == BillingCycle.Yearly ? Price.AmountMinor : checked(Price.AmountMinor * 12);
}

/// <summary>The plans that a user may buy.</summary>
internal sealed class PlanOffers(IMediator mediator)
{
    /// <summary>All plans that are for sale to this user, the free ones too.</summary>
    public async Task<IReadOnlyList<Tier>> ForAsync(string userId, CancellationToken cancellationToken)
    {
        var tiers = new List<Tier>();
        foreach (var tier in (await mediator.Send(new ReadTiers(), cancellationToken)).Where(t => t.IsActive))
            if (!tier.IsInviteOnly || await mediator.Send(new MaySubscribe(tier.Id, userId), cancellationToken)) tiers.Add(tier);
        return tiers;
    }

    /// <summary>A plan that is for sale to this user.</summary>
    /// <exception cref="RefusalException">It is not for sale (400), or only for invited users (403).</exception>
    public async Task<Tier> TierAsync(string userId, string tierId, CancellationToken cancellationToken)
    {
        var tier = (await mediator.Send(new ReadTiers(), cancellationToken)).FirstOrDefault(t => t.Id == tierId && t.IsActive)
            ?? throw new RefusalException(HttpStatusCode.BadRequest, "unknown-tier", $"There is no plan '{tierId}' for sale. See the list of plans.");
        return await mediator.Send(new MaySubscribe(tier.Id, userId), cancellationToken) ? tier
            : throw new RefusalException(HttpStatusCode.Forbidden, "invite-only", $"The plan {tier.Name} is for those who were invited.");
    }

    /// <summary>A price at which Stripe sells it.</summary>
    /// <exception cref="RefusalException">It is free or not sold in this cycle (400), not in this currency (422), or not set up at Stripe (409).</exception>
    public static Offer Priced(Tier tier, BillingCycle cycle, string? currency)
    {
        if (tier.Prices.Count == 0)
            throw new RefusalException(HttpStatusCode.BadRequest, "free-tier", $"The plan {tier.Name} is free: there is nothing to pay for.");
        if (tier.Prices.All(p => p.Cycle != cycle))
            throw new RefusalException(HttpStatusCode.BadRequest, "cycle-not-offered", $"The plan {tier.Name} is not sold {cycle.Word()}.");
        var price = tier.Price(cycle, currency)
            ?? throw new RefusalException(HttpStatusCode.UnprocessableEntity, "currency-not-offered", $"The plan {tier.Name} is not sold in '{currency}'.");
        return price.StripePriceId is not null ? new Offer(tier, cycle, price) : throw NotSetUp(tier.Name);
    }

    public static RefusalException NotSetUp(string tier) => new(HttpStatusCode.Conflict, "price-not-set-up",
        $"The price of the plan {tier} is not set up at Stripe. An operator must run `setup stripe`.");

    /// <exception cref="ValidationException">It is no cycle.</exception>
    public static BillingCycle Cycle(string word, string member) => BillingCycles.Of(word)
        ?? throw new ValidationException([new ValidationFailure(member, "`monthly` or `yearly`.")]);
}
