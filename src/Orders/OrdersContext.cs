using BillingMonolith.SharedKernel;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Orders;

/// <summary>The orders' rows.</summary>
internal sealed class OrdersContext(DbContextOptions<OrdersContext> options) : RoomContext(options)
{
    public DbSet<Order> Orders => Set<Order>();
}
