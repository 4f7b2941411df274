namespace BillingMonolith.Inbox;

/// <summary>The fields of an event that the intake needs, read from the top level of its body without building a document.</summary>
/// <param name="Id"><c>evt_…</c>: printable ASCII, at most 255 characters.</param>
/// <param name="Type">Such as <c>checkout.session.completed</c>; a thin event's begins with <c>v1.</c> or <c>v2.</c>.</param>
/// <param name="Created">When Stripe made it.</param>
/// <param name="Livemode">Null when the body has none.</param>
/// <param name="ApiVersion">The version that shaped the body; null for some, and for thin events.</param>
/// <param name="Object"><c>event</c>, or <c>v2.core.event</c> for a thin event.</param>
public readonly record struct EventEnvelope(
    string Id, string Type, DateTimeOffset Created, bool? Livemode, string? ApiVersion, string? Object);
