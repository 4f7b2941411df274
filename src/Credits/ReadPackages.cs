using MediatR;
using Npgsql;

namespace BillingMonolith.Credits;

/// <summary>Reads the whole catalogue, in the order of the shop; packages that are not for sale too.</summary>
public sealed record ReadPackages : IRequest<IReadOnlyList<CreditPackage>>;

internal sealed class ReadPackagesHandler(NpgsqlDataSource database) : IRequestHandler<ReadPackages, IReadOnlyList<CreditPackage>>
{
    public async Task<IReadOnlyList<CreditPackage>> Handle(ReadPackages query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await PackageReader.AllAsync(connection, cancellationToken);
    }
}
