using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Orders;

/// <summary>One order, or null.</summary>
/// <param name="Order">Its id or its number.</param>
public sealed record FindOrder(string Order) : IRequest<Order?>;

internal sealed class FindOrderHandler(IDbContextFactory<OrdersContext> contexts) : IRequestHandler<FindOrder, Order?>
{
    public async Task<Order?> Handle(FindOrder query, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await OrderReader.FindAsync(db, query.Order, cancellationToken);
    }
}

/// <summary>The order of a checkout session, or null.</summary>
/// <param name="SessionId">Stripe's session.</param>
public sealed record FindOrderOfSession(string SessionId) : IRequest<Order?>;

internal sealed class FindOrderOfSessionHandler(IDbContextFactory<OrdersContext> contexts) : IRequestHandler<FindOrderOfSession, Order?>
{
    public async Task<Order?> Handle(FindOrderOfSession query, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Orders.SingleOrDefaultAsync(o => o.StripeSessionId == query.SessionId, cancellationToken);
    }
}
