using Refit;

namespace BillingMonolith.Billing.Lago;

/// <summary>
/// The part of Lago's API that we use, in Lago's terms (https://docs.getlago.com/api-reference). Ids are escaped; <see cref="LagoClient"/> keeps those
/// out of paths that would lead elsewhere all the same: "..", "" and ids with a dot.
/// </summary>
internal interface ILagoApi
{
    [Get("/customers/{externalId}")]
    Task<OneLagoCustomer?> GetCustomerAsync(string externalId, CancellationToken cancellationToken);

    [Get("/customers")]
    Task<LagoCustomers?> GetCustomersAsync([AliasAs("external_id")] string externalId, CancellationToken cancellationToken);

    [Post("/customers")]
    Task<OneLagoCustomer?> UpsertCustomerAsync([Body] LagoCustomerBody body, CancellationToken cancellationToken);

    [Get("/subscriptions/{externalId}")]
    Task<OneLagoSubscription?> GetSubscriptionAsync(string externalId, string? status, CancellationToken cancellationToken);

    [Get("/subscriptions?status[]=active")]
    Task<LagoSubscriptions?> GetActiveSubscriptionsAsync(
        [AliasAs("external_customer_id")] string externalCustomerId, int page, [AliasAs("per_page")] int perPage, CancellationToken cancellationToken);

    [Post("/subscriptions")]
    Task<OneLagoSubscription?> CreateSubscriptionAsync([Body] LagoSubscriptionBody body, CancellationToken cancellationToken);

    [Delete("/subscriptions/{externalId}")]
    Task<OneLagoSubscription?> TerminateSubscriptionAsync(string externalId, string? status, CancellationToken cancellationToken);

    [Get("/plans")]
    Task<LagoPlans?> GetPlansAsync(int page, [AliasAs("per_page")] int perPage, CancellationToken cancellationToken);

    [Post("/plans")]
    Task<OneLagoPlan?> CreatePlanAsync([Body] OneLagoPlan body, CancellationToken cancellationToken);
}

// Lago wraps each body in a key that names it.
internal sealed record OneLagoCustomer(LagoCustomer Customer);

internal sealed record LagoCustomers(IReadOnlyList<LagoCustomer?> Customers);

internal sealed record LagoCustomerBody(LagoCustomerInput Customer);

internal sealed record OneLagoSubscription(LagoSubscription Subscription);

internal sealed record LagoSubscriptions(IReadOnlyList<LagoSubscription?> Subscriptions);

internal sealed record LagoSubscriptionBody(LagoSubscriptionInput Subscription);

internal sealed record OneLagoPlan(LagoPlan Plan);

internal sealed record LagoPlans(IReadOnlyList<LagoPlan?> Plans);
