namespace Stripe.Checkout;

/// <summary>What the buyer typed on the checkout page.</summary>
public sealed record SessionCustomerDetails
{
    /// <summary>As typed: nobody proved that it is the buyer's.</summary>
    public string? Email { get; init; }

    /// <summary>As typed.</summary>
    public string? Name { get; init; }

    /// <summary>As typed.</summary>
    public string? Phone { get; init; }

    /// <summary>The billing address.</summary>
    public Address? Address { get; init; }

    internal static SessionCustomerDetails Read(Fields json) => new()
    {
        Email = json.TextOrNull("email"),
        Name = json.TextOrNull("name"),
        Phone = json.TextOrNull("phone"),
        Address = Address.ReadOrNull(json),
    };
}

/// <summary>Where the goods go.</summary>
public sealed record ShippingDetails
{
    /// <summary>Who receives them.</summary>
    public string? Name { get; init; }

    /// <summary>Where.</summary>
    public Address? Address { get; init; }

    internal static ShippingDetails Read(Fields json) => new() { Name = json.TextOrNull("name"), Address = Address.ReadOrNull(json) };
}
