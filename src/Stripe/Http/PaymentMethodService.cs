namespace Stripe;

/// <summary>Payment methods: <c>/v1/payment_methods</c>. All methods throw <see cref="StripeException"/>.</summary>
public sealed class PaymentMethodService(StripeClient client) : Service<PaymentMethod>(client, "/v1/payment_methods", PaymentMethod.Read)
{
    /// <summary>Reads a payment method, a detached one too.</summary>
    public Task<PaymentMethod> GetAsync(string id, IReadOnlyList<string>? expand = null, CancellationToken cancellationToken = default) =>
        FetchAsync(id, expand, cancellationToken);

    /// <summary>What a customer keeps for later payments, the newest first.</summary>
    public Task<StripeList<PaymentMethod>> ListAsync(PaymentMethodListOptions list, CancellationToken cancellationToken = default) =>
        PageAsync(list, cancellationToken);
}

/// <summary>Which payment methods.</summary>
public sealed class PaymentMethodListOptions : ListOptions
{
    /// <summary><c>cus_…</c></summary>
    public required string Customer { get; init; }

    /// <summary>Such as <c>card</c>.</summary>
    public string? Type { get; init; }
}
