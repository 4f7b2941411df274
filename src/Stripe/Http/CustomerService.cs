namespace Stripe;

/// <summary>Customers: <c>/v1/customers</c>. All methods throw <see cref="StripeException"/>.</summary>
public sealed class CustomerService(StripeClient client) : Service<Customer>(client, "/v1/customers", Customer.Read)
{
    /// <summary>Makes a customer.</summary>
    public Task<Customer> CreateAsync(CustomerCreateOptions create, RequestOptions? options = null, CancellationToken cancellationToken = default) =>
        PostAsync(create, options, cancellationToken);

    /// <summary>Reads a customer, a deleted one too.</summary>
    public Task<Customer> GetAsync(string id, IReadOnlyList<string>? expand = null, CancellationToken cancellationToken = default) =>
        FetchAsync(id, expand, cancellationToken);

    /// <summary>The customers with an e-mail address (exact, case-sensitive): there can be several.</summary>
    public Task<StripeList<Customer>> ListAsync(CustomerListOptions? list = null, CancellationToken cancellationToken = default) =>
        PageAsync(list, cancellationToken);
}

/// <summary>Parameters of a new customer.</summary>
public sealed class CustomerCreateOptions : BaseOptions
{
    /// <summary>Where receipts go.</summary>
    public string? Email { get; init; }

    /// <summary>Full name, or a company's.</summary>
    public string? Name { get; init; }

    /// <summary>The shop's own notes.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

/// <summary>Which customers.</summary>
public sealed class CustomerListOptions : ListOptions
{
    /// <summary>Exactly this address.</summary>
    public string? Email { get; init; }
}
