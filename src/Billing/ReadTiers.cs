using MediatR;
using Npgsql;

namespace BillingMonolith.Billing;

/// <summary>Reads the whole catalogue of tiers, in the order of the shop; those that are not for sale too.</summary>
public sealed record ReadTiers : IRequest<IReadOnlyList<Tier>>;

internal sealed class ReadTiersHandler(NpgsqlDataSource database) : IRequestHandler<ReadTiers, IReadOnlyList<Tier>>
{
    public async Task<IReadOnlyList<Tier>> Handle(ReadTiers query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await TierReader.AllAsync(connection, cancellationToken);
    }
}
