using BillingMonolith.Credits;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Orders;
using Stripe.Checkout;

namespace BillingMonolith.Host.Routing;

/// <summary>The sale of an order as a checkout session describes it, whatever the session's source.</summary>
internal static class OrderSale
{
    private const string Cart = "cart_id";

    /// <summary>Whether the session sells an order: work that is done for the buyer, or a cart. A pack is none, whatever else its metadata has.</summary>
    public static bool IsOne(Session session) => session.Mode == SessionModes.Payment && session.Note("package_code") is null
        && (IsCart(session) || session.Note("mode") == "dfy");

    public static bool IsCart(Session session) => session.Note(Cart) is not null;

    /// <summary>The Keycloak user id that the shop put on the session. Some shops put the cart there, which counts as no user.</summary>
    public static string? ClaimedUser(Session session) =>
        session.ClientReferenceId is { } id && id != session.Note(Cart) ? id : session.Note("user_id");

    /// <summary>The step that places the order; null while it is not paid.</summary>
    public static PlaceOrder? Of(string cause, string? userId, Session session) =>
        !IsOne(session) || session.PaymentStatus == PaymentStatuses.Unpaid || session.Status is SessionStatuses.Open or SessionStatuses.Expired
            ? null
            : new PlaceOrder(cause, session.Id)
            {
                UserId = userId,
                CustomerId = session.CustomerId,
                CustomerEmail = session.CustomerDetails?.Email ?? session.CustomerEmail ?? session.Note("customer_email"),
                CustomerName = session.CustomerDetails?.Name ?? session.ShippingDetails?.Name,
                Tier = TierOf(session.Notes),
                UpgradedFrom = session.Note("upgraded_from"),
                CartId = session.Note(Cart),
                Items =
                [
                    .. (session.LineItems?.Data ?? []).Select(i => new OrderItem(i.Description, i.Quantity, i.AmountSubtotal, i.AmountTotal, i.Price?.Id,
                        i.Price?.ProductId)),
                ],
                Shipping = ShippingOf(session),
                AmountMinor = session.AmountTotal ?? 0,
                Currency = session.Currency ?? "",
                StripePaymentIntentId = session.PaymentIntentId,
            };

    /// <summary>Refunds and disputes as facts of orders.</summary>
    public static MarkOrders Marks(string cause, IReadOnlyList<MoneyFact> facts) => new(cause, [.. facts.Select(f => f switch
    {
        RefundFact r => Fact(r, r.State switch
        {
            RefundState.Pending => OrderMoneyState.RefundPending,
            RefundState.Failed => OrderMoneyState.RefundFailed,
            _ => OrderMoneyState.Refunded,
        }, DateTimeOffset.UnixEpoch), // its state decides which fact is newer
        DisputeFact d => Fact(d, d.State switch
        {
            DisputeState.Inquiry => OrderMoneyState.Inquiry,
            DisputeState.Lost => OrderMoneyState.DisputeLost,
            DisputeState.Closed => OrderMoneyState.DisputeClosed,
            _ => OrderMoneyState.Disputed,
        }, d.AsOf),
        _ => throw new InvalidOperationException($"{f.GetType().Name} is no fact of a payment."),
    })]);

    private static OrderMoneyFact Fact(MoneyFact f, OrderMoneyState state, DateTimeOffset asOf) =>
        new(f.Id, f.PaymentIntentId, f.AmountMinor, f.Currency, state, asOf);

    private static string? TierOf(IReadOnlyDictionary<string, string> metadata) => metadata.GetValueOrDefault("plan") is not { Length: > 0 } plan ? null
        : (metadata.GetValueOrDefault("term") is { Length: > 0 } term ? $"{plan}_{term}" : plan).ToUpperInvariant();

    private static OrderShipping? ShippingOf(Session session) => session.ShippingDetails is not { } to ? null
        : new OrderShipping(to.Name, session.CustomerDetails?.Phone, to.Address?.Line1, to.Address?.Line2, to.Address?.City, to.Address?.State,
            to.Address?.PostalCode, to.Address?.Country);
}
