using MediatR;
using Npgsql;

namespace BillingMonolith.Billing;

/// <summary>One order, or null.</summary>
/// <param name="Order">Its id or its number.</param>
public sealed record FindOrder(string Order) : IRequest<Order?>;

internal sealed class FindOrderHandler(NpgsqlDataSource database) : IRequestHandler<FindOrder, Order?>
{
    public async Task<Order?> Handle(FindOrder query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await OrderReader.WhereAsync(connection, OrderKey.Condition(query.Order), OrderKey.Values(query.Order), cancellationToken)).SingleOrDefault();
    }
}

/// <summary>The order of a checkout session, or null.</summary>
/// <param name="SessionId">Stripe's session.</param>
public sealed record FindOrderOfSession(string SessionId) : IRequest<Order?>;

internal sealed class FindOrderOfSessionHandler(NpgsqlDataSource database) : IRequestHandler<FindOrderOfSession, Order?>
{
    public async Task<Order?> Handle(FindOrderOfSession query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await OrderReader.WhereAsync(connection, "stripe_session_id = @SessionId", query, cancellationToken)).SingleOrDefault();
    }
}
