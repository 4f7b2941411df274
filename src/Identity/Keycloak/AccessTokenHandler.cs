using System.Net;
using System.Net.Http.Headers;

namespace BillingMonolith.Identity.Keycloak;

/// <summary>
/// Adds the service account's token to a request that declares a bearer token. A token can die early (keys rotated, session ended): one 401 costs a new
/// token and one repeat, a second one is final.
/// </summary>
internal sealed class AccessTokenHandler(AccessToken token) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // Other requests have a credential of their own (the request for the token), or need none (the realm's keys).
        if (request.Headers.Authorization is not { Scheme: "Bearer", Parameter: null or "" }) return await base.SendAsync(request, cancellationToken);
        var bearer = await token.GetAsync(cancellationToken);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        var response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Unauthorized) return response;
        response.Dispose();
        token.Drop(bearer);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await token.GetAsync(cancellationToken));
        return await base.SendAsync(request, cancellationToken);
    }
}
