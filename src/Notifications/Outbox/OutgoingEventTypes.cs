namespace BillingMonolith.Notifications;

/// <summary>The event types that endpoints can subscribe to, which are those that are sent.</summary>
public static class OutgoingEventTypes
{
    /// <summary>An order was placed.</summary>
    public const string OrderCreated = "order.created";
    /// <summary>The work on an order changed.</summary>
    public const string OrderUpdated = "order.updated";
    /// <summary>Money of an order was returned, or came back.</summary>
    public const string OrderRefunded = "order.refunded";
    /// <summary>A bank disputes an order, or has decided.</summary>
    public const string OrderDisputed = "order.disputed";
    /// <summary>A pack was paid and its credits granted.</summary>
    public const string PurchaseCompleted = "purchase.completed";
    /// <summary>A user's tier, or its status, has changed.</summary>
    public const string TierChanged = "tier.changed";

    /// <summary>A test of an endpoint; it is sent on request, subscribed or not.</summary>
    public const string Test = "webhook.test";

    /// <summary>All types that can be subscribed to.</summary>
    public static IReadOnlyList<string> All { get; } = [OrderCreated, OrderUpdated, OrderRefunded, OrderDisputed, PurchaseCompleted, TierChanged];
}
