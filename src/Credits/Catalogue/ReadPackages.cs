using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Credits;

/// <summary>Reads the whole catalogue, in the order of the shop; packages that are not for sale too.</summary>
public sealed record ReadPackages : IRequest<IReadOnlyList<CreditPackage>>;

internal sealed class ReadPackagesHandler(IDbContextFactory<CreditsContext> contexts) : IRequestHandler<ReadPackages, IReadOnlyList<CreditPackage>>
{
    public async Task<IReadOnlyList<CreditPackage>> Handle(ReadPackages query, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await PackageReader.AllAsync(db, cancellationToken);
    }
}
