using Microsoft.Extensions.DependencyInjection;

namespace BillingMonolith.Credits;

/// <summary>The credits room: the catalogue of packs, purchases and the ledger.</summary>
public static class CreditsModule
{
    /// <summary>Adds what the handlers of this room need. The Host scans the handlers themselves.</summary>
    public static IServiceCollection AddCredits(this IServiceCollection services) => services
        .AddScoped<Ledger>().AddScoped<Purchases>().AddScoped<PackageRows>().AddScoped<MoneyFacts>().AddScoped<Postings>().AddScoped<Clawbacks>()
        .AddScoped<TopUps>();
}
