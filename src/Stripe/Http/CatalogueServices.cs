namespace Stripe;

/// <summary>Prices: <c>/v1/prices</c>. All methods throw <see cref="StripeException"/>.</summary>
public sealed class PriceService(StripeClient client) : Service<Price>(client, "/v1/prices", Price.Read)
{
    /// <summary>Makes a price. Its amount can never be changed.</summary>
    public Task<Price> CreateAsync(PriceCreateOptions create, RequestOptions? options = null, CancellationToken cancellationToken = default) =>
        PostAsync(create, options, cancellationToken);

    /// <summary>Reads a price.</summary>
    public Task<Price> GetAsync(string id, IReadOnlyList<string>? expand = null, CancellationToken cancellationToken = default) =>
        FetchAsync(id, expand, cancellationToken);

    /// <summary>Changes what is named, and nothing else.</summary>
    public Task<Price> UpdateAsync(string id, PriceUpdateOptions update, RequestOptions? options = null, CancellationToken cancellationToken = default) =>
        PostAsync(id, update, options, cancellationToken);

    /// <summary>The prices with certain lookup keys.</summary>
    public Task<StripeList<Price>> ListAsync(PriceListOptions? list = null, CancellationToken cancellationToken = default) =>
        PageAsync(list, cancellationToken);
}

/// <summary>Products: <c>/v1/products</c>. All methods throw <see cref="StripeException"/>.</summary>
public sealed class ProductService(StripeClient client) : Service<Product>(client, "/v1/products", Product.Read)
{
    /// <summary>Makes a product.</summary>
    public Task<Product> CreateAsync(ProductCreateOptions create, RequestOptions? options = null, CancellationToken cancellationToken = default) =>
        PostAsync(create, options, cancellationToken);

    /// <summary>Reads a product.</summary>
    public Task<Product> GetAsync(string id, IReadOnlyList<string>? expand = null, CancellationToken cancellationToken = default) =>
        FetchAsync(id, expand, cancellationToken);

    /// <summary>Changes what is named, and nothing else.</summary>
    public Task<Product> UpdateAsync(
        string id, ProductUpdateOptions update, RequestOptions? options = null, CancellationToken cancellationToken = default) =>
        PostAsync(id, update, options, cancellationToken);
}

/// <summary>Parameters of a new price.</summary>
public sealed class PriceCreateOptions : BaseOptions
{
    /// <summary><c>prod_…</c></summary>
    public required string Product { get; init; }

    /// <summary>ISO code in lower case.</summary>
    public required string Currency { get; init; }

    /// <summary>In the minor unit.</summary>
    public required long UnitAmount { get; init; }

    /// <summary>The shop's own name for it; unique among the active prices.</summary>
    public string? LookupKey { get; init; }

    /// <summary>Takes the lookup key from the price that has it.</summary>
    public bool? TransferLookupKey { get; init; }

    /// <summary>For a subscription.</summary>
    public PriceRecurringOptions? Recurring { get; init; }

    /// <summary>The shop's own notes.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

/// <summary>What to change of a price.</summary>
public sealed class PriceUpdateOptions : BaseOptions
{
    /// <summary>Whether it can be used for new purchases.</summary>
    public bool? Active { get; init; }

    /// <summary>Sets the named keys; an empty value removes its key.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

/// <summary>How often a new price is paid.</summary>
public sealed class PriceRecurringOptions
{
    /// <summary><c>day</c>, <c>week</c>, <c>month</c> or <c>year</c>.</summary>
    public required string Interval { get; init; }

    /// <summary>Intervals between two payments.</summary>
    public long? IntervalCount { get; init; }
}

/// <summary>Which prices.</summary>
public sealed class PriceListOptions : ListOptions
{
    /// <summary>At most 10.</summary>
    public IReadOnlyList<string>? LookupKeys { get; init; }

    /// <summary>Only those that can be bought, or only those that cannot.</summary>
    public bool? Active { get; init; }

    /// <summary><c>prod_…</c></summary>
    public string? Product { get; init; }
}

/// <summary>Parameters of a new product.</summary>
public sealed class ProductCreateOptions : BaseOptions
{
    /// <summary>An id of the shop's own choice, so that a repeat is refused.</summary>
    public string? Id { get; init; }

    /// <summary>As buyers see it.</summary>
    public required string Name { get; init; }

    /// <summary>As buyers see it.</summary>
    public string? Description { get; init; }

    /// <summary>The shop's own notes.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

/// <summary>What to change.</summary>
public sealed class ProductUpdateOptions : BaseOptions
{
    /// <summary>Of this product; <c>price_…</c></summary>
    public string? DefaultPrice { get; init; }

    /// <summary>As buyers see it.</summary>
    public string? Name { get; init; }

    /// <summary>As buyers see it; the empty string removes it.</summary>
    public string? Description { get; init; }

    /// <summary>Whether it can be bought.</summary>
    public bool? Active { get; init; }

    /// <summary>Sets the named keys; an empty value removes its key.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}
