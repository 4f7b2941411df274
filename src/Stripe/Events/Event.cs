using System.Text.Json;

namespace Stripe;

/// <summary>A snapshot event, whatever API version shaped it.</summary>
public sealed record Event : IHasId
{
    internal const string ThinObject = "v2.core.event";

    /// <summary><c>evt_…</c></summary>
    public required string Id { get; init; }

    /// <summary>One of <see cref="EventTypes"/>, or a type that has no name here.</summary>
    public required string Type { get; init; }

    /// <summary>When Stripe made the event.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>True for real money.</summary>
    public required bool Livemode { get; init; }

    /// <summary>The version that shaped the body; may be null.</summary>
    public string? ApiVersion { get; init; }

    /// <summary>What it is about.</summary>
    public required EventData Data { get; init; }
}

/// <summary>The object of an event and what changed in it.</summary>
/// <param name="Object">An entity of this room, or a <see cref="RawObject"/>.</param>
/// <param name="PreviousAttributes">The members that changed, with their old values as JSON; empty for events that are no update.</param>
public sealed record EventData(IHasId Object, IReadOnlyDictionary<string, JsonElement> PreviousAttributes)
{
    /// <summary>The names of the members that changed, as Stripe spells them.</summary>
    public IEnumerable<string> ChangedKeys => PreviousAttributes.Keys;

    /// <summary>The old value of a member that is an integer (an amount in minor units, a unix time); null when it did not change.</summary>
    public long? PreviousNumber(string key) =>
        PreviousAttributes.TryGetValue(key, out var old) && old.ValueKind == JsonValueKind.Number && old.TryGetInt64(out var number) ? number : null;
}

/// <summary>Something that has an id, except for the few objects that have none (an upcoming invoice, an entitlement summary).</summary>
public interface IHasId
{
    /// <summary>Stripe's id.</summary>
    string? Id { get; }
}

/// <summary>An object of a kind that this room has no entity for.</summary>
/// <param name="Id">Its id, when it has one.</param>
/// <param name="Object">Its kind, such as <c>entitlements.active_entitlement_summary</c>.</param>
/// <param name="Json">All of it.</param>
public sealed record RawObject(string? Id, string? Object, JsonElement Json) : IHasId;
