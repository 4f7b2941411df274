namespace Stripe;

/// <summary>One line of a checkout session. Amounts are in the minor unit of <see cref="Currency"/>.</summary>
public sealed record LineItem : IHasId
{
    /// <summary><c>li_…</c></summary>
    public required string Id { get; init; }

    /// <summary>The product's name as the buyer saw it.</summary>
    public string? Description { get; init; }

    /// <summary>How many; null for metered prices.</summary>
    public long? Quantity { get; init; }

    /// <summary>Before discounts and taxes.</summary>
    public required long AmountSubtotal { get; init; }

    /// <summary>After discounts and taxes.</summary>
    public required long AmountTotal { get; init; }

    /// <summary>ISO code in lower case.</summary>
    public required string Currency { get; init; }

    /// <summary>What was sold.</summary>
    public Price? Price { get; init; }

    internal static LineItem Read(Fields json) => new()
    {
        Id = json.Id("id"),
        Description = json.TextOrNull("description"),
        Quantity = json.NumberOrNull("quantity"),
        AmountSubtotal = json.Number("amount_subtotal"),
        AmountTotal = json.Number("amount_total"),
        Currency = json.Text("currency"),
        Price = json.Expanded("price", Price.Read),
    };
}
