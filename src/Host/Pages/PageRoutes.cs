using BillingMonolith.Host.Access;
using BillingMonolith.Host.Frame;
using Microsoft.AspNetCore.Http.HttpResults;

namespace BillingMonolith.Host.Pages;

/// <summary>The pages and who may open them.</summary>
internal static class PageRoutes
{
    /// <summary>Adds what renders pages.</summary>
    public static IServiceCollection AddPages(this IServiceCollection services)
    {
        services.AddRazorComponents();
        return services;
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        SiteStyle.Map(routes);
        var pages = routes.MapGroup("").ExcludeFromDescription();
        pages.MapGet("/", IResult (HttpContext context) =>
            context.User.Identity is { IsAuthenticated: true } ? Results.LocalRedirect("/credits") : new RazorComponentResult<Home>()).AllowAnonymous();
        pages.MapGet("/account", () => new RazorComponentResult<Account>()).RequireAuthorization(Policies.User);
        CreditPages.Map(pages);
        SubscriptionPages.Map(pages);
        OrderPages.Map(pages);
        pages.MapGet("/login/failed", (string? reason, string? trace) => new RazorComponentResult<SignInFailed>(new { Reason = reason, Trace = trace }))
            .AllowAnonymous();
    }
}
