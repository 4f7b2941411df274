using Stripe;
using Stripe.Checkout;

namespace BillingMonolith.Host;

/// <summary>Reads sessions of orders whole: an event never says what was sold, and one answer has the first lines only.</summary>
internal sealed class OrderSessions(SessionService sessions)
{
    private const int PageSize = 100;

    /// <exception cref="StripeException">There is none, or it cannot be read now.</exception>
    public async Task<Session> GetAsync(string id, CancellationToken cancellationToken)
    {
        var session = await sessions.GetAsync(id, expand: ["line_items"], cancellationToken);
        var page = session.LineItems ?? StripeList<LineItem>.Empty;
        List<LineItem> all = [.. page];
        while (page is { HasMore: true, Count: > 0 })
        {
            page = await sessions.ListLineItemsAsync(id, new() { Limit = PageSize, StartingAfter = all[^1].Id }, cancellationToken);
            all.AddRange(page);
        }

        return session with { LineItems = new StripeList<LineItem>(all, HasMore: false) };
    }
}
