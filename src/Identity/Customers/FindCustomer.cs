using Dapper;
using MediatR;
using Npgsql;

namespace BillingMonolith.Identity;

/// <summary>A user's customer at Stripe, by our own mapping: the last linked one. Never by an e-mail address. Null when there is none.</summary>
/// <param name="UserId">The Keycloak user id.</param>
public sealed record FindCustomer(string UserId) : IRequest<string?>;

internal sealed class FindCustomerHandler(NpgsqlDataSource database) : IRequestHandler<FindCustomer, string?>
{
    internal const string Latest =
        "SELECT stripe_customer_id FROM identity_customers WHERE user_id = @UserId ORDER BY linked_at DESC, stripe_customer_id LIMIT 1";

    public async Task<string?> Handle(FindCustomer query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<string>(new CommandDefinition(Latest, query, cancellationToken: cancellationToken));
    }
}
