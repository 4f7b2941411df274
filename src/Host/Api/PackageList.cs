using BillingMonolith.Credits;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Api;

/// <summary>This host's copy of the catalogue of packages, as the bytes of its answers.</summary>
internal sealed class PackageList(IServiceScopeFactory scopes, IOptions<JsonOptions> json, TimeProvider time)
{
    public const string Channel = "catalogue";

    private readonly HostCopy<Lists> copy = new(async mediator =>
    {
        var all = await mediator.Send(new ReadPackages(), CancellationToken.None);
        IReadOnlyList<CreditPackage> forSale = [.. all.Where(p => p.IsActive)];
        return new Lists(forSale, KeptAnswer.Of(forSale, json.Value.SerializerOptions), KeptAnswer.Of(all, json.Value.SerializerOptions));
    }, scopes, time);

    /// <summary>The answer; from memory when nothing changed.</summary>
    public async Task<KeptAnswer> ReadAsync(bool includeInactive, CancellationToken cancellationToken)
    {
        var lists = await copy.ReadAsync(cancellationToken);
        return includeInactive ? lists.AllAnswer : lists.ForSaleAnswer;
    }

    /// <summary>The packages for sale; from memory too.</summary>
    public async Task<IReadOnlyList<CreditPackage>> ForSaleAsync(CancellationToken cancellationToken) => (await copy.ReadAsync(cancellationToken)).ForSale;

    public void Drop() => copy.Drop();

    private sealed record Lists(IReadOnlyList<CreditPackage> ForSale, KeptAnswer ForSaleAnswer, KeptAnswer AllAnswer);
}
