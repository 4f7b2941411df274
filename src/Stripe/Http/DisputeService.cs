namespace Stripe;

/// <summary>Disputes: <c>/v1/disputes</c>. All methods throw <see cref="StripeException"/>.</summary>
public sealed class DisputeService(StripeClient client) : Service<Dispute>(client, "/v1/disputes", Dispute.Read)
{
    /// <summary>Reads a dispute.</summary>
    public Task<Dispute> GetAsync(string id, IReadOnlyList<string>? expand = null, CancellationToken cancellationToken = default) =>
        FetchAsync(id, expand, cancellationToken);

    /// <summary>The disputes of a payment, the newest first, the closed ones too.</summary>
    public Task<StripeList<Dispute>> ListAsync(DisputeListOptions? list = null, CancellationToken cancellationToken = default) =>
        PageAsync(list, cancellationToken);
}

/// <summary>Which disputes.</summary>
public sealed class DisputeListOptions : ListOptions
{
    /// <summary><c>ch_…</c></summary>
    public string? Charge { get; init; }

    /// <summary><c>pi_…</c></summary>
    public string? PaymentIntent { get; init; }
}
