using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Billing;

/// <summary>Reads the whole catalogue of tiers, in the order of the shop; those that are not for sale too.</summary>
public sealed record ReadTiers : IRequest<IReadOnlyList<Tier>>;

internal sealed class ReadTiersHandler(IDbContextFactory<BillingContext> contexts) : IRequestHandler<ReadTiers, IReadOnlyList<Tier>>
{
    public async Task<IReadOnlyList<Tier>> Handle(ReadTiers query, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await TierReader.AllAsync(db, cancellationToken);
    }
}
