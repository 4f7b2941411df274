namespace BillingMonolith.Billing.Lago;

/// <summary>Blocks every request that would change Lago: a command that runs behind this reports its first change instead of making it.</summary>
internal sealed class OnlyLooking : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method == HttpMethod.Get) return await base.SendAsync(request, cancellationToken);
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        throw new WouldChangeException(request.Method, request.RequestUri!.PathAndQuery, body);
    }
}

/// <summary>The blocked request.</summary>
internal sealed class WouldChangeException(HttpMethod method, string path, string body) : Exception($"{method} {path}")
{
    public HttpMethod Method => method;

    public string Path => path;

    public string Body => body;
}
