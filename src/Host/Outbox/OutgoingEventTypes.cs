namespace BillingMonolith.Host.Outbox;

/// <summary>What endpoints can subscribe to: what somebody here tells of, and nothing else.</summary>
internal static class OutgoingEventTypes
{
    public const string OrderCreated = "order.created";
    public const string OrderUpdated = "order.updated";
    public const string OrderRefunded = "order.refunded";
    public const string OrderDisputed = "order.disputed";
    public const string PurchaseCompleted = "purchase.completed";
    public const string TierChanged = "tier.changed";

    /// <summary>Sent to try an endpoint out; whoever asks for it gets it, subscribed or not.</summary>
    public const string Test = "webhook.test";

    /// <summary>All that can be subscribed to.</summary>
    public static IReadOnlyList<string> All { get; } = [OrderCreated, OrderUpdated, OrderRefunded, OrderDisputed, PurchaseCompleted, TierChanged];
}
