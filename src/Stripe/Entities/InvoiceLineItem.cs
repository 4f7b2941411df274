using System.Collections.ObjectModel;

namespace Stripe;

/// <summary>One line of an invoice. Amounts are in the minor unit of <see cref="Currency"/>.</summary>
public sealed record InvoiceLineItem : IHasId
{
    /// <summary><c>il_…</c></summary>
    public required string Id { get; init; }

    /// <summary>Negative for a credit.</summary>
    public required long Amount { get; init; }

    /// <summary>ISO code in lower case.</summary>
    public required string Currency { get; init; }

    /// <summary>As the customer reads it.</summary>
    public string? Description { get; init; }

    /// <summary>How many; null for metered prices.</summary>
    public long? Quantity { get; init; }

    /// <summary>Since when the service is invoiced.</summary>
    public DateTimeOffset? PeriodStart { get; init; }

    /// <summary>Until when the service is invoiced.</summary>
    public DateTimeOffset? PeriodEnd { get; init; }

    /// <summary><c>price_…</c></summary>
    public string? PriceId { get; init; }

    /// <summary><c>prod_…</c></summary>
    public string? ProductId { get; init; }

    /// <summary>Null for a line that is for no subscription.</summary>
    public string? SubscriptionId { get; init; }

    /// <summary><c>si_…</c></summary>
    public string? SubscriptionItemId { get; init; }

    /// <summary>It settles a change in the middle of a period.</summary>
    public bool IsProration { get; init; }

    /// <summary>The sum of the taxes.</summary>
    public long TaxAmount { get; init; }

    /// <summary>For a subscription's line, the subscription's own notes.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    // Since basil the price stands under "pricing", and what the line comes from under "parent".
    internal static InvoiceLineItem Read(Fields json)
    {
        var period = json.ObjectOrNull("period");
        var price = json.ObjectOrNull("pricing")?.ObjectOrNull("price_details");
        var parent = json.ObjectOrNull("parent");
        var origin = parent?.ObjectOrNull("subscription_item_details") ?? parent?.ObjectOrNull("invoice_item_details") ?? json;
        return new InvoiceLineItem
        {
            Id = json.Id("id"),
            Amount = json.Number("amount"),
            Currency = json.Text("currency"),
            Description = json.TextOrNull("description"),
            Quantity = json.NumberOrNull("quantity"),
            PeriodStart = period?.TimeOrNull("start"),
            PeriodEnd = period?.TimeOrNull("end"),
            PriceId = price?.ExpandableId("price") ?? json.ExpandableId("price"),
            ProductId = price?.ExpandableId("product") ?? OldPrice(json)?.ExpandableId("product"),
            SubscriptionId = origin.ExpandableId("subscription") ?? json.ExpandableId("subscription"),
            SubscriptionItemId = origin.ExpandableId("subscription_item"),
            IsProration = origin.FlagOrNull("proration") ?? false,
            TaxAmount = (json.Each("taxes", TaxOf) ?? json.Each("tax_amounts", TaxOf) ?? []).Sum(),
            Metadata = json.Metadata(),
        };
    }

    private static Fields? OldPrice(Fields json) => json.ObjectOrNull("price") ?? json.ObjectOrNull("plan");

    private static long TaxOf(Fields tax) => tax.Number("amount");
}
