using BillingMonolith.SharedKernel;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Orders;

/// <summary>Reads orders: one by a key, or a page from the index whose first column is the filter (each index has the order of its pages).</summary>
internal static class OrderReader
{
    private const string OrderOfAll = "created_at DESC, id DESC";
    private const string OrderOfSome = "created_at DESC NULLS LAST, id DESC";

    /// <summary>An order by its id or by its number; null when there is none.</summary>
    public static Task<Order?> FindAsync(OrdersContext db, string order, CancellationToken cancellationToken)
    {
        var (id, number) = Key(order);
        return id is null
            ? db.Orders.SingleOrDefaultAsync(o => o.OrderIdentifier == number, cancellationToken)
            : db.Orders.SingleOrDefaultAsync(o => o.Id == id, cancellationToken);
    }

    /// <summary>The same, locked until the command ends.</summary>
    public static async Task<Order?> LockAsync(OrdersContext db, string order, CancellationToken cancellationToken)
    {
        var (id, number) = Key(order);
        var found = id is null
            ? db.Orders.FromSql($"SELECT * FROM orders WHERE order_identifier = {number} FOR UPDATE")
            : db.Orders.FromSql($"SELECT * FROM orders WHERE id = {id} FOR UPDATE");
        return (await found.ToListAsync(cancellationToken)).SingleOrDefault();
    }

    /// <param name="db">The connection; it reads without a transaction.</param>
    /// <param name="page">The conditions.</param>
    /// <param name="sets">The keys of the orders to read; the sets do not overlap, and each has an index. None = all, by their age.</param>
    /// <param name="after">The end of the previous page.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public static async Task<OrderPage> PageAsync(
        OrdersContext db, PageSql page, IReadOnlyList<FormattableString> sets, OrderPosition? after, int limit, CancellationToken cancellationToken)
    {
        if (after is not null) page.Where($"(created_at, id) < ({after.CreatedAt}, {after.Id})");
        var rows = await page.Of(db.Orders, sets, sets.Count == 0 ? OrderOfAll : OrderOfSome, limit + 1).ToListAsync(cancellationToken);
        return new OrderPage(rows.Count > limit ? rows[..limit] : rows, rows.Count > limit);
    }

    private static (Guid? Id, string Number) Key(string order) =>
        (Guid.TryParseExact(order, "D", out var id) ? id : null, order.ToUpperInvariant());
}
