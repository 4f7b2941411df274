using System.Globalization;
using BillingMonolith.Billing;
using BillingMonolith.Credits;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Routing;
using MediatR;
using Microsoft.Extensions.Options;
using Stripe;

namespace BillingMonolith.Host.Commands;

/// <summary>The command <c>setup stripe</c>: Stripe's products and prices for the catalogues, and the webhook endpoint.</summary>
internal static class SetupStripe
{
    private const string Cause = "command line";

    public static async Task RunAsync(IServiceProvider services, SetupRun run, CancellationToken cancellationToken)
    {
        if (services.GetRequiredService<IOptions<StripeOptions>>().Value.IsLive && !run.Live)
        {
            run.Fail("Stripe:SecretKey is a live key, and real buyers would see what changes. Nothing was done at Stripe. "
                + "Add --live if that is meant, or use a test key.");
            return;
        }

        try
        {
            var mediator = services.GetRequiredService<IMediator>();
            var packages = (await mediator.Send(new ReadPackages(), cancellationToken)).Where(p => p.IsActive).Select(Sold.Of);
            var tiers = (await mediator.Send(new ReadTiers(), cancellationToken)).Where(t => t is { IsActive: true, Prices.Count: > 0 }).Select(Sold.Of);
            List<Sold> all = [.. packages, .. tiers];
            run.Expect(all.Count + 1);
            foreach (var sold in all)
            {
                await SetUpAsync(services, sold, run, cancellationToken);
                run.Bar.Increment(1);
            }

            await SetupWebhook.RunAsync(services, run, cancellationToken);
            run.Bar.Increment(1);
        }
        catch (StripeException e)
        {
            run.Fail($"{e.Message} What was done before stands; run it again when this is mended. "
                + "A restricted key must be permitted to write products, prices and webhook endpoints.");
        }
    }

    // Stripe first, then our rows, and the replaced prices last: a run that stops in between leaves everything buyable, and a repeat continues.
    private static async Task SetUpAsync(IServiceProvider services, Sold sold, SetupRun run, CancellationToken cancellationToken)
    {
        await using var scope = services.CreateAsyncScope();
        var offers = ActivatorUtilities.CreateInstance<StripeOffers>(scope.ServiceProvider);
        var (productId, made) = await offers.MakeAsync(sold.Offer, run.DryRun, cancellationToken);
        if (!run.DryRun) await sold.RecordAsync(scope.ServiceProvider.GetRequiredService<IMediator>(), productId, made, cancellationToken);
        foreach (var price in made)
        {
            var retired = !run.DryRun && price.Retired is not null && await offers.RetireAsync(sold.Offer, price, productId, cancellationToken);
            var recorded = sold.StripeProductId == productId && price.Offered.KnownId == price.Id;
            var what = price.What == StripeOffers.Unchanged && (retired || !recorded) ? StripeOffers.Updated : price.What;
            var should = string.Create(CultureInfo.InvariantCulture, $"{price.Offered.AmountMinor} {price.Offered.Currency}");
            run.Done(sold.Name, price.Offered.Interval is { } interval ? $"{should} a {interval}" : should, $"{productId} {price.Id ?? "-"}", what);
        }
    }

    /// <summary>An item of a catalogue, its expected state at Stripe, and the place of its ids.</summary>
    internal sealed record Sold(
        string Name, string? StripeProductId, Offer Offer, Func<IMediator, string, IReadOnlyList<MadePrice>, CancellationToken, Task> RecordAsync)
    {
        public static Sold Of(CreditPackage package)
        {
            var name = $"credits_{package.PackageCode}";
            var offer = new Offer(
                [.. new[] { package.StripeProductId, name }.OfType<string>()], ("package_code", package.PackageCode), package.PackageName, package.Description,
                new Dictionary<string, string>
                {
                    ["package_code"] = package.PackageCode, ["credits"] = package.Credits.ToString(CultureInfo.InvariantCulture),
                },
                [.. package.Prices.Select(p => new OfferedPrice(
                    p.Currency == package.Currency ? name : $"{name}_{p.Currency}", p.Currency, p.AmountMinor, p.StripePriceId))]);
            return new Sold($"package {package.PackageCode}", package.StripeProductId, offer, (mediator, productId, made, cancellationToken) =>
                mediator.Send(new RecordStripeIds(Cause, package.PackageCode, productId,
                    [.. made.Select(m => new CreditPrice(m.Offered.Currency, m.Offered.AmountMinor, m.Id))]), cancellationToken));
        }

        public static Sold Of(Tier tier)
        {
            var offer = new Offer(
                [.. new[] { tier.StripeProductId, $"plan_{tier.Id}" }.OfType<string>()], ("tier_id", tier.Id), tier.Name, tier.Description,
                new Dictionary<string, string> { ["tier_id"] = tier.Id },
                [.. tier.Prices.Select(p => new OfferedPrice(
                    SubscribedPlan.KeyOf(tier, p), p.Currency, p.AmountMinor, p.StripePriceId, p.Cycle.Interval()))]);
            return new Sold($"tier {tier.Id}", tier.StripeProductId, offer, (mediator, productId, made, cancellationToken) =>
                mediator.Send(new RecordTierStripeIds(Cause, tier.Id, productId,
                    [.. made.Zip(tier.Prices, (m, p) => p with { StripePriceId = m.Id })]), cancellationToken));
        }
    }
}
