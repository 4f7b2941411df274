namespace Stripe.Checkout;

/// <summary>Checkout sessions: <c>/v1/checkout/sessions</c>. All methods throw <see cref="StripeException"/>.</summary>
public sealed class SessionService(StripeClient client) : Service<Session>(client, "/v1/checkout/sessions", Session.Read)
{
    /// <summary>Makes a session; its <see cref="Session.Url"/> is where the buyer pays.</summary>
    public Task<Session> CreateAsync(SessionCreateOptions create, RequestOptions? options = null, CancellationToken cancellationToken = default) =>
        PostAsync(create, options, cancellationToken);

    /// <summary>Reads a session.</summary>
    /// <param name="id"><c>cs_…</c></param>
    /// <param name="expand">Such as <c>line_items</c>, <c>subscription</c>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<Session> GetAsync(string id, IReadOnlyList<string>? expand = null, CancellationToken cancellationToken = default) =>
        FetchAsync(id, expand, cancellationToken);

    /// <summary>The sessions of a payment or a customer, the newest first.</summary>
    public Task<StripeList<Session>> ListAsync(SessionListOptions? list = null, CancellationToken cancellationToken = default) =>
        PageAsync(list, cancellationToken);

    /// <summary>Closes an open session, so that it cannot be paid any more; Stripe refuses when it is not open.</summary>
    public Task<Session> ExpireAsync(string id, RequestOptions? options = null, CancellationToken cancellationToken = default) =>
        ActAsync(id, "expire", parameters: null, options, cancellationToken);

    /// <summary>What was sold, a page at a time.</summary>
    public async Task<StripeList<LineItem>> ListLineItemsAsync(
        string id, SessionListLineItemsOptions? list = null, CancellationToken cancellationToken = default) =>
        (await GetPageAsync($"{PathOf(id)}/line_items", list, LineItem.Read, cancellationToken)).Value;
}
