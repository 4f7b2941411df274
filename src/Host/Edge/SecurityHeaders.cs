using BillingMonolith.Host.Access;
using BillingMonolith.Host.Http;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Identity;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace BillingMonolith.Host.Edge;

/// <summary>The security headers of every answer. An endpoint that sets one of these itself keeps its value.</summary>
internal sealed class SecurityHeaders(
    RequestDelegate next, IOptions<AccessOptions> access, IOptions<KeycloakOptions> keycloak, IOptions<StripeOptions> stripe)
{
    private const string NoContent = "default-src 'none'; frame-ancestors 'none'";

    private readonly Func<object, Task> pages = Setter(access.Value, Pages(keycloak.Value, stripe.Value));
    private readonly Func<object, Task> docs = Setter(access.Value, Pages(keycloak.Value, stripe.Value) + "; style-src 'self' 'unsafe-inline'");
    private readonly Func<object, Task> data = Setter(access.Value, NoContent, "no-store");

    public Task InvokeAsync(HttpContext context)
    {
        var setter = Surfaces.Of(context.Request.Path) switch { Surface.Pages => pages, Surface.Docs => docs, _ => data };
        // At the last moment, because an error clears earlier headers.
        context.Response.OnStarting(setter, context.Response);
        return next(context);
    }

    /// <summary>Browsers also apply form-action to the redirect after a form: logout ends at Keycloak, and buying begins at Stripe.</summary>
    internal static string Pages(KeycloakOptions keycloak, StripeOptions stripe)
    {
        var shop = Origin(stripe.ApiBase) is var api && api == "https://api.stripe.com" ? "https://checkout.stripe.com https://billing.stripe.com" : api;
        return "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
            + $"form-action 'self' {Origin(keycloak.Issuer)} {shop}";
    }

    private static string Origin(string address) => new Uri(address).GetLeftPart(UriPartial.Authority);

    // The values are made once; setting them allocates nothing.
    private static Func<object, Task> Setter(AccessOptions access, string policy, string? cache = null)
    {
        var headers = new Dictionary<string, StringValues>
        {
            [HeaderNames.XContentTypeOptions] = "nosniff",
            ["Referrer-Policy"] = "same-origin",
            [HeaderNames.XFrameOptions] = "DENY",
            ["Cross-Origin-Opener-Policy"] = "same-origin",
            ["Cross-Origin-Resource-Policy"] = "same-origin",
            ["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=()",
            [HeaderNames.ContentSecurityPolicy] = policy,
        };
        if (cache is not null) headers[HeaderNames.CacheControl] = cache;
        if (access.Origin?.Scheme == Uri.UriSchemeHttps) headers[HeaderNames.StrictTransportSecurity] = "max-age=31536000; includeSubDomains";
        var all = headers.ToArray();
        return response =>
        {
            foreach (var (name, value) in all) ((HttpResponse)response).Headers.TryAdd(name, value);
            return Task.CompletedTask;
        };
    }
}
