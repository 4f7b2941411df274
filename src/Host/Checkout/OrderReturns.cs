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

/// <summary>Where an order stands for the buyer who comes back.</summary>
/// <param name="Order">Null while it is not paid.</param>
/// <param name="Status">The order's; before there is one `PENDING` (not paid, or the money is on its way) or `EXPIRED`.</param>
internal sealed record OrderReturn(Order? Order, string Status);

/// <summary>Who comes back: a user, or a guest, whose address is what he can be counted by.</summary>
internal sealed record Returning(string? UserId, IPAddress? Address);

/// <summary>
/// Places an order when the buyer comes back: the same step as the webhook's, whichever comes first. The order is one, by its session.
/// </summary>
/// <remarks>
/// A session that names a user is that user's alone. A guest's session is whose who knows its id: Stripe made it of more random letters than can be
/// guessed, and gave it to nobody but the buyer's browser. All else is answered alike, and asking Stripe about unknown ids is limited.
/// </remarks>
internal sealed class OrderReturns(
    IMediator mediator, OrderSessions sessions, RateWindows windows, IOptionsMonitor<LimitsOptions> limits, IOptionsMonitor<StripeOptions> stripe)
{
    private const int LongestId = 255;
    private static readonly Limit Asking = new("order-returns", o => o.ApiPerMinute);

    /// <summary>Where the order of this session stands; null when there is none, or it is somebody else's.</summary>
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

    // What is no order's, another product's, or unknown to Stripe is one and the same to who asks.
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

    // An IPv6 address counts with its /64, which one customer has.
    private static IPAddress? Network(IPAddress? address) =>
        address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4()
        : address is { AddressFamily: AddressFamily.InterNetworkV6 } ? new IPAddress([.. address.GetAddressBytes().AsSpan(0, 8), .. new byte[8]])
        : address;

    private static bool IsId(string id) =>
        id.Length is > 3 and <= LongestId && id.StartsWith("cs_", StringComparison.Ordinal) && id.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
