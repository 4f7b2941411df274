namespace Stripe;

/// <summary>Events of the last 30 days: <c>/v1/events</c>. All methods throw <see cref="StripeException"/>.</summary>
public sealed class EventService(StripeClient client) : Service<ListedEvent>(client, "/v1/events", ListedEvent.Read)
{
    /// <summary>A page of events, newest first, as JSON: one that cannot be understood must not hide the others.</summary>
    public Task<StripeList<ListedEvent>> ListAsync(EventListOptions? list = null, CancellationToken cancellationToken = default) =>
        PageAsync(list, cancellationToken);
}

/// <summary>
/// An event from the list. It is shaped by the account's version when it happened, which can differ from the endpoint's: the same event, other bytes.
/// </summary>
/// <param name="Id"><c>evt_…</c></param>
/// <param name="Payload">The event, for <see cref="EventEnvelope.TryScan"/> and <see cref="StripeEventReader.Read"/>.</param>
public sealed record ListedEvent(string Id, ReadOnlyMemory<byte> Payload) : IHasId
{
    internal static ListedEvent Read(Fields json) => new(json.Id("id"), json.Utf8());
}

/// <summary>Which events.</summary>
public sealed class EventListOptions : ListOptions
{
    /// <summary>At most 20 of <see cref="EventTypes"/>.</summary>
    public IReadOnlyList<string>? Types { get; init; }

    /// <summary>When they happened.</summary>
    public DateRangeOptions? Created { get; init; }

    /// <summary>False: only those that at least one endpoint has not answered with success.</summary>
    public bool? DeliverySuccess { get; init; }
}

/// <summary>A range of times; each end may be open.</summary>
public sealed class DateRangeOptions
{
    /// <summary>At this time or later.</summary>
    public DateTimeOffset? Gte { get; init; }

    /// <summary>Before this time.</summary>
    public DateTimeOffset? Lt { get; init; }
}
