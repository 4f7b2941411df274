namespace BillingMonolith.Billing.Lago;

/// <summary>Lets nothing through that would change Lago: whoever wants to know what would be done does it behind this, and hears of the first change.</summary>
internal sealed class OnlyLooking : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method == HttpMethod.Get) return await base.SendAsync(request, cancellationToken);
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        throw new WouldChangeException(request.Method, request.RequestUri!.PathAndQuery, body);
    }
}

/// <summary>What would be sent to Lago.</summary>
internal sealed class WouldChangeException(HttpMethod method, string path, string body) : Exception($"{method} {path}")
{
    public HttpMethod Method => method;

    public string Path => path;

    public string Body => body;
}
