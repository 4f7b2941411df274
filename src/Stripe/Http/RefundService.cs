namespace Stripe;

/// <summary>Refunds: <c>/v1/refunds</c>. All methods throw <see cref="StripeException"/>.</summary>
public sealed class RefundService(StripeClient client) : Service<Refund>(client, "/v1/refunds", Refund.Read)
{
    /// <summary>Reads a refund.</summary>
    public Task<Refund> GetAsync(string id, IReadOnlyList<string>? expand = null, CancellationToken cancellationToken = default) =>
        FetchAsync(id, expand, cancellationToken);

    /// <summary>The refunds of a payment, the newest first, the failed ones too.</summary>
    public Task<StripeList<Refund>> ListAsync(RefundListOptions? list = null, CancellationToken cancellationToken = default) =>
        PageAsync(list, cancellationToken);
}

/// <summary>Which refunds.</summary>
public sealed class RefundListOptions : ListOptions
{
    /// <summary><c>ch_…</c></summary>
    public string? Charge { get; init; }

    /// <summary><c>pi_…</c></summary>
    public string? PaymentIntent { get; init; }
}
