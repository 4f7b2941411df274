using BillingMonolith.SharedKernel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace BillingMonolith.Credits;

/// <summary>The room of credits: the catalogue of packs, purchases and the ledger.</summary>
public static class CreditsModule
{
    /// <summary>Adds the options of the section <c>Credits</c> and what the handlers of this room need. The Host scans the handlers themselves.</summary>
    public static IServiceCollection AddCredits(this IServiceCollection services, IConfiguration configuration) => services
        .Configure<CreditsOptions>(configuration.GetSection(CreditsOptions.Section))
        .AddContext<CreditsContext>()
        .AddScoped<Ledger>().AddScoped<Purchases>().AddScoped<AfterSpending>().AddScoped<Changes>().AddScoped<TopUps>()
        .AddScoped<PackageRows>().AddScoped<MoneyFacts>().AddScoped<LedgerWriter>().AddScoped<Clawbacks>();
}
