namespace Stripe;

/// <summary>Invoices: <c>/v1/invoices</c>. All methods throw <see cref="StripeException"/>.</summary>
public sealed class InvoiceService(StripeClient client) : Service<Invoice>(client, "/v1/invoices", Invoice.Read)
{
    /// <summary>Reads an invoice; expand <c>payments</c> for the payment intent.</summary>
    public Task<Invoice> GetAsync(string id, IReadOnlyList<string>? expand = null, CancellationToken cancellationToken = default) =>
        FetchAsync(id, expand, cancellationToken);
}
