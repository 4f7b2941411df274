using BillingMonolith.SharedKernel;
using Microsoft.Extensions.DependencyInjection;

namespace BillingMonolith.Orders;

/// <summary>The room of orders: done-for-you and store orders, from the moment they are paid.</summary>
public static class OrdersModule
{
    /// <summary>Adds what the handlers need; the Host finds these and the validators in this assembly.</summary>
    public static IServiceCollection AddOrders(this IServiceCollection services) =>
        services.AddContext<OrdersContext>().AddScoped<OrderRows>().AddScoped<OrderMarks>();
}
