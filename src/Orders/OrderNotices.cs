using MediatR;

namespace BillingMonolith.Orders;

/// <summary>An order was placed: published once per order, in the transaction that writes it.</summary>
/// <param name="Order">As it was written.</param>
/// <param name="Cause">The event or the request that led to it.</param>
public sealed record OrderPlaced(Order Order, string Cause) : INotification;

/// <summary>An order has changed: published once per change, in the transaction that makes it.</summary>
/// <param name="Order">As it is now.</param>
/// <param name="Before">As it was.</param>
/// <param name="Cause">The event or the request that led to it.</param>
public sealed record OrderChanged(Order Order, Order Before, string Cause) : INotification;
