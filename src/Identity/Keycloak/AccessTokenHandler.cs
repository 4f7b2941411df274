using System.Net;
using System.Net.Http.Headers;

namespace BillingMonolith.Identity.Keycloak;

/// <summary>
/// Gives a request that declares a bearer token the service account's. A token can die before its time (keys rotated, session ended): one 401 costs a new
/// token and one repeat, a second one stands.
/// </summary>
internal sealed class AccessTokenHandler(AccessToken token) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // Others come with a credential of their own (the request for the token), or need none (the realm's keys).
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
