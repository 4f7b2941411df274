using Microsoft.AspNetCore.Http.HttpResults;

namespace BillingMonolith.Host.Pages;

/// <summary>The pages and who may open them.</summary>
internal static class PageRoutes
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        SiteStyle.Map(routes);
        var pages = routes.MapGroup("").ExcludeFromDescription();
        pages.MapGet("/", () => new RazorComponentResult<Home>()).AllowAnonymous();
        pages.MapGet("/login/failed", (string? reason) => new RazorComponentResult<SignInFailed>(new { Reason = reason ?? "" })).AllowAnonymous();
    }
}
