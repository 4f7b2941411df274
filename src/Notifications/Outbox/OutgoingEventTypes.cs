namespace BillingMonolith.Notifications;

/// <summary>What endpoints can subscribe to: what somebody here tells of, and nothing else.</summary>
public static class OutgoingEventTypes
{
    /// <summary>An order was placed.</summary>
    public const string OrderCreated = "order.created";
    /// <summary>The work on an order changed.</summary>
    public const string OrderUpdated = "order.updated";
    /// <summary>Money of an order went back, or came again.</summary>
    public const string OrderRefunded = "order.refunded";
    /// <summary>A bank disputes an order, or has decided.</summary>
    public const string OrderDisputed = "order.disputed";
    /// <summary>A pack was paid and its credits granted.</summary>
    public const string PurchaseCompleted = "purchase.completed";
    /// <summary>A user has another tier, or its status is another.</summary>
    public const string TierChanged = "tier.changed";

    /// <summary>Sent to try an endpoint out; whoever asks for it gets it, subscribed or not.</summary>
    public const string Test = "webhook.test";

    /// <summary>All that can be subscribed to.</summary>
    public static IReadOnlyList<string> All { get; } = [OrderCreated, OrderUpdated, OrderRefunded, OrderDisputed, PurchaseCompleted, TierChanged];
}
