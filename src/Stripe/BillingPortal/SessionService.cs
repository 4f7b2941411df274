namespace Stripe.BillingPortal;

/// <summary>Sessions of the customer portal: <c>/v1/billing_portal/sessions</c>. All methods throw <see cref="StripeException"/>.</summary>
public sealed class SessionService(StripeClient client) : Service<Session>(client, "/v1/billing_portal/sessions", Session.Read)
{
    /// <summary>Opens the portal for a customer: who has its address is the customer, so give it to nobody else.</summary>
    public Task<Session> CreateAsync(SessionCreateOptions create, RequestOptions? options = null, CancellationToken cancellationToken = default) =>
        PostAsync(create, options, cancellationToken);
}

/// <summary>A way into the portal, good for a short time.</summary>
/// <param name="Id"><c>bps_…</c></param>
/// <param name="Url">Where to send the customer.</param>
public sealed record Session(string Id, string Url) : IHasId
{
    internal static Session Read(Fields json) => new(json.Id("id"), json.Text("url"));
}

/// <summary>Parameters of a new session.</summary>
public sealed class SessionCreateOptions : BaseOptions
{
    /// <summary><c>cus_…</c></summary>
    public required string Customer { get; init; }

    /// <summary>Where the customer comes back to.</summary>
    public string? ReturnUrl { get; init; }
}
