using System.Net;
using System.Net.Sockets;
using BillingMonolith.Host.Http;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Routing;
using BillingMonolith.Identity;
using BillingMonolith.Orders;
using BillingMonolith.SharedKernel;
using MediatR;
using Microsoft.Extensions.Options;
using Stripe;
using Stripe.Checkout;

namespace BillingMonolith.Host.Checkout;

/// <summary>The state of an order for the returning buyer.</summary>
/// <param name="Order">Null while it is not paid.</param>
/// <param name="Status">The order's status; before there is an order `PENDING` (not paid, or the money is on its way) or `EXPIRED`.</param>
internal sealed record OrderReturn(Order? Order, string Status);

/// <summary>The returning buyer: a user, or a guest, who is counted by their address.</summary>
internal sealed record Returning(string? UserId, IPAddress? Address);

/// <summary>
/// Places an order when the buyer returns: the webhook's own step, whichever comes first. There is one order per session.
/// </summary>
/// <remarks>
/// A session that names a user belongs to that user alone. A guest's session belongs to everyone who knows its id: the id cannot be
/// guessed, and Stripe gave it to the buyer's browser only. Every other request gets the same answer, and look-ups of unknown ids are limited.
/// </remarks>
internal sealed class OrderReturns(
    IMediator mediator, OrderSessions sessions, RateWindows windows, IOptionsMonitor<LimitsOptions> limits, IOptionsMonitor<StripeOptions> stripe)
{
    private const int LongestId = 255;
    private static readonly Limit Asking = new("order-returns", o => o.ApiPerMinute);

    /// <summary>The state of this session's order; null when there is none, or it belongs to another user.</summary>
    public async Task<OrderReturn?> FindAsync(Returning who, string sessionId, string cause, CancellationToken cancellationToken)
    {
        if (!IsId(sessionId)) return null;
        var find = new FindOrderOfSession(sessionId);
        if (await mediator.Send(find, cancellationToken) is { } known) return Seen(who, known);

        await CountAsync(who, cancellationToken);
        if (await ReadAsync(sessionId, cancellationToken) is not { } session) return null;
        var payer = new FindUser(session.CustomerId ?? session.Id, OrderSale.ClaimedUser(session), Email: null);
        var owner = (await mediator.Send(payer, cancellationToken)).UserId;
        if (owner is not null && owner != who.UserId) return null;
        if (OrderSale.Of(cause, owner, session) is not { } step)
            return new OrderReturn(null, session.Status == SessionStatuses.Expired ? "EXPIRED" : "PENDING");
        await mediator.Send(new StepSet<PlaceOrder>([step]), cancellationToken);
        return await mediator.Send(find, cancellationToken) is { } placed ? Seen(who, placed) : null;
    }

    private static OrderReturn? Seen(Returning who, Order order) =>
        order.UserId is null || order.UserId == who.UserId ? new OrderReturn(order, order.Status) : null;

    // The caller cannot distinguish a session without an order, another product's, and one unknown to Stripe.
    private async Task<Session?> ReadAsync(string sessionId, CancellationToken cancellationToken)
    {
        try
        {
            var session = await sessions.GetAsync(sessionId, cancellationToken);
            var ours = stripe.CurrentValue;
            return OrderSale.IsOne(session) && session.Livemode == ours.IsLive && !ours.IsOthers(session.Notes) ? session : null;
        }
        catch (StripeException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    private async Task CountAsync(Returning who, CancellationToken cancellationToken)
    {
        var caller = who.UserId ?? $"address:{Network(who.Address)}";
        if (await windows.CountAsync(caller, Asking, Asking.PerMinute(limits.CurrentValue), cancellationToken) is { } wait)
        {
            throw new RefusalException(HttpStatusCode.TooManyRequests, "rate-limited", "Too many requests. Wait, then go on more slowly.")
            {
                RetryAfter = wait,
            };
        }
    }

    // An IPv6 address counts with its /64, because one customer has the whole.
    private static IPAddress? Network(IPAddress? address) =>
        address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4()
        : address is { AddressFamily: AddressFamily.InterNetworkV6 } ? new IPAddress([.. address.GetAddressBytes().AsSpan(0, 8), .. new byte[8]])
        : address;

    private static bool IsId(string id) =>
        id.Length is > 3 and <= LongestId && id.StartsWith("cs_", StringComparison.Ordinal) && id.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
