using BillingMonolith.Host.Http;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Access;

/// <summary>
/// A state change with a session cookie must prove that a page of ours sent it: the form field or header carries a value that only such a page
/// could read. Bearer tokens need no proof, because no browser sends them by itself.
/// </summary>
internal static class CrossSite
{
    public const string HeaderName = "X-CSRF-Token";
    public const string FieldName = "csrf_token";

    public static IServiceCollection AddCrossSiteProtection(this IServiceCollection services)
    {
        services.AddAntiforgery();
        services.AddOptions<AntiforgeryOptions>().Configure<IOptions<AccessOptions>>((a, access) =>
        {
            a.HeaderName = HeaderName;
            a.FormFieldName = FieldName;
            // The framework refuses to set a secure cookie over http, though on loopback browsers would accept one.
            a.Cookie.Name = access.Value.Origin?.Scheme == Uri.UriSchemeHttps ? "__Host-csrf" : "csrf";
            a.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            a.Cookie.SameSite = SameSiteMode.Strict;
            a.Cookie.Path = "/";
            a.SuppressXFrameOptionsHeader = true; // the edge says DENY
        });
        return services;
    }

    /// <summary>After authentication, before the endpoint.</summary>
    public static void UseCrossSiteProtection(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        var isSafe = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method) || HttpMethods.IsOptions(context.Request.Method);
        if (isSafe || context.User.Identity?.AuthenticationType != SessionHandler.SchemeName
            || await context.RequestServices.GetRequiredService<IAntiforgery>().IsRequestValidAsync(context))
        {
            await next(context);
            return;
        }

        await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, "csrf",
            $"The request does not prove that it comes from this site: send csrf_token of GET /api/v1/me in the header {HeaderName}, or reload the page.");
    });
}
