using System.Collections.ObjectModel;

namespace Stripe;

/// <summary>A price.</summary>
public sealed record Price : IHasId
{
    /// <summary><c>price_…</c></summary>
    public required string Id { get; init; }

    /// <summary>The shop's own name for it, such as <c>professional_monthly</c>.</summary>
    public string? LookupKey { get; init; }

    /// <summary>In the minor unit of <see cref="Currency"/>; null for tiers and for fractions of a minor unit.</summary>
    public long? UnitAmount { get; init; }

    /// <summary>ISO code in lower case.</summary>
    public required string Currency { get; init; }

    /// <summary>Null for a price that is paid once.</summary>
    public PriceRecurring? Recurring { get; init; }

    /// <summary><c>prod_…</c></summary>
    public string? ProductId { get; init; }

    /// <summary>The product itself, when it was expanded.</summary>
    public Product? Product { get; init; }

    /// <summary>Whether it can be used for new purchases.</summary>
    public bool Active { get; init; }

    /// <summary>The shop's own notes.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    internal static Price Read(Fields json) => new()
    {
        Id = json.Id("id"),
        LookupKey = json.TextOrNull("lookup_key"),
        UnitAmount = json.NumberOrNull("unit_amount"),
        Currency = json.Text("currency"),
        Recurring = json.ObjectOrNull("recurring") is { } recurring
            ? new PriceRecurring(recurring.Text("interval"), recurring.NumberOrNull("interval_count") ?? 1)
            : null,
        ProductId = json.ExpandableId("product"),
        Product = json.Expanded("product", Product.Read),
        Active = json.FlagOrNull("active") ?? false,
        Metadata = json.Metadata(),
    };
}

/// <summary>How often a price is paid.</summary>
/// <param name="Interval"><c>day</c>, <c>week</c>, <c>month</c> or <c>year</c>.</param>
/// <param name="IntervalCount">Intervals between two payments.</param>
public sealed record PriceRecurring(string Interval, long IntervalCount);
