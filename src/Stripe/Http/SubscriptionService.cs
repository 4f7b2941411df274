namespace Stripe;

/// <summary>
/// Subscriptions: <c>/v1/subscriptions</c>. What comes back says by <see cref="Subscription.AsOf"/> when Stripe said so.
/// All methods throw <see cref="StripeException"/>.
/// </summary>
public sealed class SubscriptionService(StripeClient client) : Service<Subscription>(client, "/v1/subscriptions", Subscription.Read)
{
    /// <summary>Reads a subscription, a canceled one too.</summary>
    public Task<Subscription> GetAsync(string id, IReadOnlyList<string>? expand = null, CancellationToken cancellationToken = default) =>
        FetchAsync(id, expand, cancellationToken);

    /// <summary>A customer's subscriptions; the ended ones only with the status <c>all</c> or <c>canceled</c>.</summary>
    public Task<StripeList<Subscription>> ListAsync(SubscriptionListOptions? list = null, CancellationToken cancellationToken = default) =>
        PageAsync(list, cancellationToken);

    /// <summary>Changes what is named, and nothing else.</summary>
    public Task<Subscription> UpdateAsync(
        string id, SubscriptionUpdateOptions update, RequestOptions? options = null, CancellationToken cancellationToken = default) =>
        PostAsync(id, update, options, cancellationToken);

    /// <summary>Ends it now. To end it with its period, update <see cref="SubscriptionUpdateOptions.CancelAtPeriodEnd"/>.</summary>
    public Task<Subscription> CancelAsync(string id, SubscriptionCancelOptions? cancel = null, CancellationToken cancellationToken = default) =>
        RemoveAsync(id, cancel, cancellationToken);

    private protected override Subscription Stamp(Subscription entity, DateTimeOffset? date) => entity with { AsOf = date };
}

/// <summary>Which subscriptions.</summary>
public sealed class SubscriptionListOptions : ListOptions
{
    /// <summary><c>cus_…</c></summary>
    public string? Customer { get; init; }

    /// <summary>One of <see cref="SubscriptionStatuses"/>, <c>all</c> or <c>ended</c>; Stripe's default is all that are not canceled.</summary>
    public string? Status { get; init; }

    /// <summary><c>price_…</c></summary>
    public string? Price { get; init; }
}

/// <summary>What to change.</summary>
public sealed class SubscriptionUpdateOptions : BaseOptions
{
    /// <summary>End it with its period, or take that back.</summary>
    public bool? CancelAtPeriodEnd { get; init; }

    /// <summary>Name the item's id to change it; an item without an id is added.</summary>
    public IReadOnlyList<SubscriptionItemOptions>? Items { get; init; }

    /// <summary><c>create_prorations</c>, <c>always_invoice</c> or <c>none</c>.</summary>
    public string? ProrationBehavior { get; init; }

    /// <summary>The moment to which the prorations are counted.</summary>
    public DateTimeOffset? ProrationDate { get; init; }

    /// <summary><c>now</c> or <c>unchanged</c>.</summary>
    public string? BillingCycleAnchor { get; init; }

    /// <summary><c>pending_if_incomplete</c>, <c>error_if_incomplete</c>, <c>allow_incomplete</c>, <c>default_incomplete</c>.</summary>
    public string? PaymentBehavior { get; init; }

    /// <summary>Sets the named keys; an empty value removes its key.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

/// <summary>One item of an update.</summary>
public sealed class SubscriptionItemOptions
{
    /// <summary><c>si_…</c></summary>
    public string? Id { get; init; }

    /// <summary><c>price_…</c></summary>
    public string? Price { get; init; }

    /// <summary>How many.</summary>
    public long? Quantity { get; init; }

    /// <summary>Takes the item out.</summary>
    public bool? Deleted { get; init; }
}

/// <summary>How to end a subscription.</summary>
public sealed class SubscriptionCancelOptions : BaseOptions
{
    /// <summary>Make a last invoice.</summary>
    public bool? InvoiceNow { get; init; }

    /// <summary>Credit the time that is left.</summary>
    public bool? Prorate { get; init; }
}
