namespace BillingMonolith.Host.Neighbours;

/// <summary>
/// Reads a neighbour's whole answer before its caller sees it, up to a maximum size. So a client that reads streams (Refit does) is bounded in
/// memory like the others, and a slow body counts in the time limits outside this handler.
/// </summary>
/// <param name="neighbour">The name of the client.</param>
/// <param name="limit">The largest body, in bytes.</param>
internal sealed class BoundedAnswers(string neighbour, int limit) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        try
        {
            await response.Content.LoadIntoBufferAsync(limit, cancellationToken);
            return response;
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            response.Dispose();
            throw new HttpRequestException(e.HttpRequestError, string.Create(null,
                $"{neighbour} answered with more than {limit} bytes. If that is right, raise Neighbours__MaxAnswerBytes."), e);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }
}
