using BillingMonolith.Billing;
using BillingMonolith.Credits;
using BillingMonolith.Identity;
using BillingMonolith.SharedKernel;
using MediatR;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Api;

/// <summary>A plan that everybody may subscribe to.</summary>
/// <param name="TierId">The id that a checkout names.</param>
/// <param name="Name">The name that buyers see.</param>
/// <param name="Description">The text that buyers see.</param>
/// <param name="PriceMonthly">Per month, in the currency's major unit; null when it is not sold by the month, 0 when the plan is free.</param>
/// <param name="PriceYearly">Per year, in the currency's major unit; null when it is not sold by the year, 0 when the plan is free.</param>
/// <param name="Currency">ISO 4217, lower case.</param>
/// <param name="MonthlyCredits">Credits for each paid month; 0 = none, null = unlimited.</param>
/// <param name="Features">Its features.</param>
internal sealed record OfferedPlan(
    string TierId, string Name, string Description, decimal? PriceMonthly, decimal? PriceYearly, string Currency, long? MonthlyCredits,
    IReadOnlyList<TierFeature> Features)
{
    /// <summary>The plans for sale to everybody, in the order of the shop.</summary>
    public static async Task<IReadOnlyList<OfferedPlan>> AllAsync(IMediator mediator, CancellationToken cancellationToken)
    {
        var allowances = await mediator.Send(new ReadAllowances(), cancellationToken);
        var features = await mediator.Send(new ReadTierFeatures(), cancellationToken);
        var tiers = await mediator.Send(new ReadTiers(), cancellationToken);
        return [.. tiers.Where(t => t is { IsActive: true, IsInviteOnly: false }).Select(t => new OfferedPlan(
            t.Id, t.Name, t.Description, PriceOf(t, BillingCycle.Monthly), PriceOf(t, BillingCycle.Yearly), t.Currency,
            allowances.TryGetValue(t.Id, out var allowance) ? allowance.Credits : 0, features.GetValueOrDefault(t.Id) ?? []))];
    }

    private static decimal? PriceOf(Tier tier, BillingCycle cycle) =>
        tier.Prices.Count == 0 ? 0 : MajorUnits.Of(tier.Price(cycle)?.AmountMinor, tier.Currency);
}

/// <summary>This host's copy of the plans for sale, as the bytes of the answer.</summary>
internal sealed class PlanList(IServiceScopeFactory scopes, IOptions<JsonOptions> json, TimeProvider time)
{
    public const string Channel = "plans";

    private readonly HostCopy<KeptAnswer> copy = new(async mediator =>
        KeptAnswer.Of(await OfferedPlan.AllAsync(mediator, CancellationToken.None), json.Value.SerializerOptions), scopes, time);

    /// <summary>The answer; from memory when nothing changed.</summary>
    public Task<KeptAnswer> ReadAsync(CancellationToken cancellationToken) => copy.ReadAsync(cancellationToken);

    public void Drop() => copy.Drop();
}
