using Dapper;
using MediatR;
using Npgsql;

namespace BillingMonolith.Identity;

/// <summary>Reads a user's present plan, grace included; <c>free</c> without one.</summary>
/// <param name="UserId">The Keycloak user id.</param>
public sealed record ReadTier(string UserId) : IRequest<string>;

internal sealed class ReadTierHandler(NpgsqlDataSource database) : IRequestHandler<ReadTier, string>
{
    public async Task<string> Handle(ReadTier query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleAsync<string>(new CommandDefinition(
            "SELECT tier_id FROM identity_entitlement(@UserId)", query, cancellationToken: cancellationToken));
    }
}
