namespace Stripe;

/// <summary>Invoices: <c>/v1/invoices</c>. All methods throw <see cref="StripeException"/>.</summary>
public sealed class InvoiceService(StripeClient client) : Service<Invoice>(client, "/v1/invoices", Invoice.Read)
{
    /// <summary>Reads an invoice; expand <c>payments</c> for the payment intent.</summary>
    public Task<Invoice> GetAsync(string id, IReadOnlyList<string>? expand = null, CancellationToken cancellationToken = default) =>
        FetchAsync(id, expand, cancellationToken);

    /// <summary>Invoices, the newest first.</summary>
    public Task<StripeList<Invoice>> ListAsync(InvoiceListOptions? list = null, CancellationToken cancellationToken = default) =>
        PageAsync(list, cancellationToken);
}

/// <summary>Which invoices.</summary>
public sealed class InvoiceListOptions : ListOptions
{
    /// <summary><c>cus_…</c></summary>
    public string? Customer { get; init; }

    /// <summary><c>sub_…</c></summary>
    public string? Subscription { get; init; }

    /// <summary>One of <see cref="InvoiceStatuses"/>.</summary>
    public string? Status { get; init; }
}
