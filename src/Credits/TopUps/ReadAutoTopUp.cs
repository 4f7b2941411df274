using Dapper;
using MediatR;
using Npgsql;

namespace BillingMonolith.Credits;

/// <summary>Reads the state of automatic top-up for a user.</summary>
/// <param name="UserId">The Keycloak user id.</param>
public sealed record ReadAutoTopUp(string UserId) : IRequest<AutoTopUp>;

internal sealed class ReadAutoTopUpHandler(NpgsqlDataSource database) : IRequestHandler<ReadAutoTopUp, AutoTopUp>
{
    public async Task<AutoTopUp> Handle(ReadAutoTopUp query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var settings = await connection.QuerySingleOrDefaultAsync<TopUpSettings>(new CommandDefinition(
            $"{TopUpSettings.Select} WHERE user_id = @UserId", query, cancellationToken: cancellationToken));
        return settings is null ? AutoTopUp.Off : AutoTopUp.Of(settings, await TopUps.FactsAsync(connection, settings, cancellationToken));
    }
}
