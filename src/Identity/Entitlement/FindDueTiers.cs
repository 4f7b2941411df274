using Dapper;
using MediatR;
using Npgsql;

namespace BillingMonolith.Identity;

/// <summary>Finds users whose entitlement may have changed by time alone, the longest due first, a hundred at a time.</summary>
/// <param name="Except">Users that need not be found again.</param>
public sealed record FindDueTiers(IReadOnlyCollection<string> Except) : IRequest<IReadOnlyList<string>>;

internal sealed class FindDueTiersHandler(NpgsqlDataSource database) : IRequestHandler<FindDueTiers, IReadOnlyList<string>>
{
    public async Task<IReadOnlyList<string>> Handle(FindDueTiers query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<string>(new CommandDefinition("""
            SELECT user_id FROM identity_users WHERE look_at <= billing_now() AND user_id <> ALL (@Except) ORDER BY look_at, user_id LIMIT 100
            """, new { Except = query.Except.ToArray() }, cancellationToken: cancellationToken))).AsList();
    }
}
