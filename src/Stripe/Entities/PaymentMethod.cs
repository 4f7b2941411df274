using System.Collections.ObjectModel;

namespace Stripe;

/// <summary>A way of paying that a customer keeps for later, such as a card.</summary>
public sealed record PaymentMethod : IHasId
{
    /// <summary><c>pm_…</c></summary>
    public required string Id { get; init; }

    /// <summary>Such as <c>card</c>.</summary>
    public required string Type { get; init; }

    /// <summary><c>cus_…</c>; null when nobody keeps it (any more): then it cannot be used again.</summary>
    public string? CustomerId { get; init; }

    /// <summary>Null when it is no card.</summary>
    public PaymentMethodCard? Card { get; init; }

    /// <summary>The shop's own notes.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>True for real money.</summary>
    public required bool Livemode { get; init; }

    internal static PaymentMethod Read(Fields json) => new()
    {
        Id = json.Id("id"),
        Type = json.Text("type"),
        CustomerId = json.ExpandableId("customer"),
        Card = json.ObjectOrNull("card") is { } card ? PaymentMethodCard.Read(card) : null,
        Metadata = json.Metadata(),
        Created = json.Time("created"),
        Livemode = json.Flag("livemode"),
    };
}

/// <summary>What may be shown of a card.</summary>
/// <param name="Brand">Such as <c>visa</c>.</param>
/// <param name="Last4">The last four digits.</param>
/// <param name="ExpMonth">1 to 12.</param>
/// <param name="ExpYear">Four digits.</param>
public sealed record PaymentMethodCard(string Brand, string? Last4, long ExpMonth, long ExpYear)
{
    internal static PaymentMethodCard Read(Fields json) =>
        new(json.Text("brand"), json.TextOrNull("last4"), json.Number("exp_month"), json.Number("exp_year"));
}
