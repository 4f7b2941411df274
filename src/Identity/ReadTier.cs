using MediatR;
using Npgsql;

namespace BillingMonolith.Identity;

/// <summary>Reads which plan a user is entitled to by the recorded subscriptions; <c>free</c> without one.</summary>
/// <param name="UserId">The Keycloak user id.</param>
public sealed record ReadTier(string UserId) : IRequest<string>;

internal sealed class ReadTierHandler(NpgsqlDataSource database) : IRequestHandler<ReadTier, string>
{
    public async Task<string> Handle(ReadTier query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await Entitlement.ReadAsync(connection, query.UserId, cancellationToken))?.TierId ?? "free";
    }
}
