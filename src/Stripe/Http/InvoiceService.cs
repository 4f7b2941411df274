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

    /// <summary>
    /// What would be invoiced if a subscription were changed so. Nothing is kept of it. It equals the invoice of the change itself when both name the
    /// same <see cref="InvoiceSubscriptionDetailsOptions.ProrationDate"/>.
    /// </summary>
    public Task<Invoice> CreatePreviewAsync(InvoiceCreatePreviewOptions preview, CancellationToken cancellationToken = default) =>
        ActAsync("create_preview", preview, options: null, cancellationToken);
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

/// <summary>Which invoice to imagine.</summary>
public sealed class InvoiceCreatePreviewOptions : BaseOptions
{
    /// <summary><c>sub_…</c></summary>
    public required string Subscription { get; init; }

    /// <summary>How the subscription would be changed.</summary>
    public InvoiceSubscriptionDetailsOptions? SubscriptionDetails { get; init; }
}

/// <summary>An imagined change, in the words of <see cref="SubscriptionUpdateOptions"/>.</summary>
public sealed class InvoiceSubscriptionDetailsOptions
{
    /// <summary>Name the item's id to change it.</summary>
    public IReadOnlyList<SubscriptionItemOptions>? Items { get; init; }

    /// <summary><c>create_prorations</c>, <c>always_invoice</c> or <c>none</c>.</summary>
    public string? ProrationBehavior { get; init; }

    /// <summary>The moment to which the prorations are counted.</summary>
    public DateTimeOffset? ProrationDate { get; init; }
}
