namespace Stripe;

/// <summary>A postal address.</summary>
public sealed record Address
{
    /// <summary>Street, first line.</summary>
    public string? Line1 { get; init; }

    /// <summary>Street, second line.</summary>
    public string? Line2 { get; init; }

    /// <summary>Town.</summary>
    public string? City { get; init; }

    /// <summary>State, county or province.</summary>
    public string? State { get; init; }

    /// <summary>Postal code.</summary>
    public string? PostalCode { get; init; }

    /// <summary>ISO 3166-1 alpha-2.</summary>
    public string? Country { get; init; }

    internal static Address? ReadOrNull(Fields owner) => owner.ObjectOrNull("address") is not { } json ? null : new Address
    {
        Line1 = json.TextOrNull("line1"),
        Line2 = json.TextOrNull("line2"),
        City = json.TextOrNull("city"),
        State = json.TextOrNull("state"),
        PostalCode = json.TextOrNull("postal_code"),
        Country = json.TextOrNull("country"),
    };
}
