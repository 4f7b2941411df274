using System.CommandLine;
using System.Globalization;
using BillingMonolith.Credits;
using BillingMonolith.Host.Intake;
using MediatR;
using Microsoft.Extensions.Options;
using Spectre.Console;
using Stripe;

namespace BillingMonolith.Host.Operations;

/// <summary>The command <c>setup stripe</c>: Stripe's products and prices for what the catalogue sells.</summary>
internal static class SetupStripe
{
    private const string Cause = "command line";

    public static Command Command()
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Only says what would change." };
        var live = new Option<bool>("--live") { Description = "Also with a live key: buyers see what changes." };
        var command = new Command("stripe", "Makes Stripe's products and prices what the catalogue says. Repeat it as often as you like.") { dryRun, live };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            // The server takes settings from the command line, so the parser lets strangers pass; "--dryrun" must not be a run.
            if (parsed.UnmatchedTokens is not [var stray, ..])
                return await Commands.WithScopeAsync(s => RunAsync(s, parsed.GetValue(dryRun), parsed.GetValue(live), cancellationToken));
            await Console.Error.WriteLineAsync($"'{stray}' is no option of this command. See --help.");
            return 1;
        });
        return new Command("setup", "Prepares the neighbours for what is sold here.") { command };
    }

    private static async Task<int> RunAsync(IServiceProvider services, bool dryRun, bool live, CancellationToken cancellationToken)
    {
        if (services.GetRequiredService<IOptions<StripeOptions>>().Value.IsLive && !live)
        {
            await Console.Error.WriteLineAsync("Stripe:SecretKey is a live key, and real buyers would see what changes. Nothing was done. "
                + "Add --live if that is meant, or use a test key.");
            return 1;
        }

        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = 2000; // for grep: nothing is broken into lines
        try
        {
            await SetUpAsync(services, dryRun, cancellationToken);
            return 0;
        }
        catch (StripeException e)
        {
            await Console.Error.WriteLineAsync($"{e.Message} What was done before stands; run it again when this is mended. "
                + "A restricted key must be permitted to write products and prices.");
            return 1;
        }
    }

    private static async Task SetUpAsync(IServiceProvider services, bool dryRun, CancellationToken cancellationToken)
    {
        var packages = (await services.GetRequiredService<IMediator>().Send(new ReadPackages(), cancellationToken)).Where(p => p.IsActive).ToList();
        var table = new Table().AddColumns("package", "currency", "amount (minor unit)", "product", "price", "what happened");
        await AnsiConsole.Progress().StartAsync(async progress =>
        {
            var task = progress.AddTask(dryRun ? "Looking" : "Setting up", maxValue: packages.Count);
            foreach (var package in packages)
            {
                await SetUpAsync(services, package, dryRun, table, cancellationToken);
                task.Increment(1);
            }
        });
        AnsiConsole.Write(table);
        if (dryRun) AnsiConsole.WriteLine("Nothing was changed: this was a dry run.");
    }

    // Stripe first, then our rows, and what was replaced last: whoever stops in between leaves nothing that cannot be bought, and a repeat goes on.
    private static async Task SetUpAsync(IServiceProvider services, CreditPackage package, bool dryRun, Table table, CancellationToken cancellationToken)
    {
        await using var scope = services.CreateAsyncScope();
        var offers = scope.ServiceProvider.GetRequiredService<StripeOffers>();
        var (productId, made) = await offers.MakeAsync(OfferOf(package), dryRun, cancellationToken);
        if (!dryRun)
        {
            var ids = made.Select(m => new CreditPrice(m.Offered.Currency, m.Offered.AmountMinor, m.Id)).ToList();
            await scope.ServiceProvider.GetRequiredService<IMediator>()
                .Send(new RecordStripeIds(Cause, package.PackageCode, productId, ids), cancellationToken);
        }

        foreach (var price in made)
        {
            var retired = !dryRun && price.Retired is { } old && await offers.RetireAsync(old, cancellationToken);
            var recorded = package.StripeProductId == productId && price.Offered.KnownId == price.Id;
            var what = price.What == StripeOffers.Unchanged && (retired || !recorded) ? StripeOffers.Updated : price.What;
            table.AddRow(package.PackageCode, price.Offered.Currency, price.Offered.AmountMinor.ToString(CultureInfo.InvariantCulture),
                Markup.Escape(productId), Markup.Escape(price.Id ?? "-"), dryRun && what != StripeOffers.Unchanged ? $"would be {what}" : what);
        }
    }

    /// <summary>A package as Stripe should have it.</summary>
    internal static Offer OfferOf(CreditPackage package)
    {
        var name = $"credits_{package.PackageCode}";
        return new Offer(
            [.. new[] { package.StripeProductId, name }.OfType<string>()], ("package_code", package.PackageCode), package.PackageName, package.Description,
            new Dictionary<string, string>
            {
                ["package_code"] = package.PackageCode, ["credits"] = package.Credits.ToString(CultureInfo.InvariantCulture),
            },
            [.. package.Prices.Select(p => new OfferedPrice(
                p.Currency == package.Currency ? name : $"{name}_{p.Currency}", p.Currency, p.AmountMinor, p.StripePriceId))]);
    }
}
