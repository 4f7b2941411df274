using System.Collections.ObjectModel;

namespace Stripe;

/// <summary>A product.</summary>
public sealed record Product : IHasId
{
    /// <summary><c>prod_…</c>, or an id that the shop chose.</summary>
    public required string Id { get; init; }

    /// <summary>As buyers see it; null for a deleted product.</summary>
    public string? Name { get; init; }

    /// <summary>As buyers see it.</summary>
    public string? Description { get; init; }

    /// <summary>The price on which it stands, which cannot be archived.</summary>
    public string? DefaultPriceId { get; init; }

    /// <summary>Whether it can be bought.</summary>
    public bool Active { get; init; }

    /// <summary>Stripe answers a deleted object with little more than its id.</summary>
    public bool Deleted { get; init; }

    /// <summary>The shop's own notes.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    internal static Product Read(Fields json) => new()
    {
        Id = json.Id("id"),
        Name = json.TextOrNull("name"),
        Description = json.TextOrNull("description"),
        DefaultPriceId = json.ExpandableId("default_price"),
        Active = json.FlagOrNull("active") ?? false,
        Deleted = json.FlagOrNull("deleted") ?? false,
        Metadata = json.Metadata(),
    };
}
