using Stripe;
using Stripe.Checkout;

namespace BillingMonolith.Host.Routing;

/// <summary>Reads complete sessions of orders, because an event never has the items, and one response has only the first lines.</summary>
internal sealed class OrderSessions(SessionService sessions, SessionLineItemService lines)
{
    private const int PageSize = 100;

    /// <exception cref="StripeException">There is none, or it cannot be read now.</exception>
    public async Task<Session> GetAsync(string id, CancellationToken cancellationToken)
    {
        var session = await sessions.GetAsync(id, new SessionGetOptions { Expand = ["line_items"] }, cancellationToken: cancellationToken);
        var page = session.LineItems;
        while (page is { HasMore: true, Data: [.., var last] })
        {
            page = await lines.ListAsync(id, new() { Limit = PageSize, StartingAfter = last.Id }, cancellationToken: cancellationToken);
            session.LineItems.Data.AddRange(page);
        }

        return session;
    }
}
