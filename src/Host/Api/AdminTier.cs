using System.Net;
using BillingMonolith.Billing;
using BillingMonolith.Credits;
using BillingMonolith.SharedKernel;
using MediatR;

namespace BillingMonolith.Host.Api;

/// <summary>A tier with all its terms, in Billing and in Credits.</summary>
/// <param name="TierId">The id in prices, sessions and subscriptions.</param>
/// <param name="Name">The name that buyers see.</param>
/// <param name="Description">The text that buyers see.</param>
/// <param name="Family">A user has at most one subscription of a family.</param>
/// <param name="Currency">The default currency: ISO 4217, lower case.</param>
/// <param name="Prices">The prices, in the default currency first; empty = free.</param>
/// <param name="MonthlyCredits">Credits for each paid month; 0 = none, null = unlimited.</param>
/// <param name="Rollover">Whether the rest of the credits stays after the period's end.</param>
/// <param name="LagoPlanMonthly">The code of Lago's plan that bills it by the month.</param>
/// <param name="LagoPlanYearly">The code of Lago's plan that bills it by the year.</param>
/// <param name="StripeProductId">Stripe's product; null until `setup stripe` has made it.</param>
/// <param name="DisplayOrder">Smaller ones are shown first.</param>
/// <param name="IsActive">Whether it is for sale.</param>
/// <param name="IsInviteOnly">Whether only invited users see and buy it.</param>
/// <param name="Revision">Grows with every change; the `ETag`.</param>
internal sealed record AdminTier(
    string TierId, string Name, string Description, string Family, string Currency, IReadOnlyList<AdminTierPrice> Prices, long? MonthlyCredits, bool Rollover,
    string LagoPlanMonthly, string LagoPlanYearly, string? StripeProductId, int DisplayOrder, bool IsActive, bool IsInviteOnly, long Revision)
{
    internal const string Example = """
        {"tier_id": "starter", "name": "Starter", "description": "For one person who builds", "family": "main", "currency": "usd", "prices": [
            {"cycle": "monthly", "currency": "usd", "amount_minor": 1900, "stripe_price_id": "price_1QqAb2LkdIwHu7ix"},
            {"cycle": "yearly", "currency": "usd", "amount_minor": 19000, "stripe_price_id": null}],
          "monthly_credits": 20, "rollover": false, "lago_plan_monthly": "starter", "lago_plan_yearly": "starter_yearly",
          "stripe_product_id": "plan_starter", "display_order": 2, "is_active": true, "is_invite_only": false, "revision": 3}
        """;

    public static async Task<IReadOnlyList<AdminTier>> AllAsync(IMediator mediator, CancellationToken cancellationToken)
    {
        var allowances = await mediator.Send(new ReadAllowances(), cancellationToken);
        return [.. (await mediator.Send(new ReadTiers(), cancellationToken)).Select(t => Of(t, allowances.GetValueOrDefault(t.Id)))];
    }

    /// <exception cref="RefusalException">There is none.</exception>
    public static async Task<AdminTier> FindAsync(IMediator mediator, string tierId, CancellationToken cancellationToken) =>
        (await AllAsync(mediator, cancellationToken)).FirstOrDefault(t => t.TierId == tierId)
        ?? throw new RefusalException(HttpStatusCode.NotFound, TierAdminRoutes.Unknown.Error, $"There is no tier '{tierId}'.");

    private static AdminTier Of(Tier tier, Allowance? allowance) => new(
        tier.Id, tier.Name, tier.Description, tier.Family, tier.Currency,
        [.. tier.Prices.Select(p => new AdminTierPrice(p.Cycle.Word(), p.Currency, p.AmountMinor, p.StripePriceId))],
        allowance is null ? 0 : allowance.Credits, allowance is { Rollover: true }, tier.LagoPlanMonthly, tier.LagoPlanYearly, tier.StripeProductId,
        tier.DisplayOrder, tier.IsActive, tier.IsInviteOnly, tier.Revision);
}

/// <summary>The price of a tier per cycle, in one currency.</summary>
/// <param name="Cycle">`monthly` or `yearly`.</param>
/// <param name="Currency">ISO 4217, lower case.</param>
/// <param name="AmountMinor">Per cycle, in the currency's minor unit, as Stripe counts it.</param>
/// <param name="StripePriceId">Stripe's price; null until `setup stripe` has made it.</param>
internal sealed record AdminTierPrice(string Cycle, string Currency, long AmountMinor, string? StripePriceId);
