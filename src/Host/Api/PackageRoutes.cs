using System.ComponentModel;
using System.Net;
using BillingMonolith.Credits;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Http;
using BillingMonolith.SharedKernel;
using Microsoft.AspNetCore.Authorization;

namespace BillingMonolith.Host.Api;

/// <summary>The packages for sale.</summary>
internal static class PackageRoutes
{
    public static void Map(IEndpointRouteBuilder api) => api.MapGet("/billing/credits/packages", ListAsync).RequireAuthorization(Policies.User)
        .WithName("listPackages").WithTags("Credits").WithSummary("The packages of credits that are for sale")
        .WithDescription("In the order of the shop. Keep the answer's `ETag` and send it as `If-None-Match`: while nothing has changed the answer is 304.")
        .Produces<IReadOnlyList<CreditPackage>>().Produces(StatusCodes.Status304NotModified)
        .WithMetadata(Limit.Uncounted, new Example(Response: $"[{PackageExample}]"));

    internal const string PackageExample = """
        {"id": "5b1f0a4b-6f5e-4c7b-9a77-2f1c6d1e0001", "package_code": "pro", "package_name": "Pro Pack", "description": "For professionals",
          "credits": 10000, "price_usd": 80.00, "price_minor": 8000, "currency": "usd", "prices": [
            {"currency": "usd", "amount_minor": 8000, "stripe_price_id": "price_1QqAb2LkdIwHu7ix"},
            {"currency": "jpy", "amount_minor": 12000, "stripe_price_id": null}],
          "discount_percentage": 20, "is_active": true, "is_featured": true, "badge_text": "POPULAR", "display_order": 3, "expires_after_days": null,
          "stripe_price_id": "price_1QqAb2LkdIwHu7ix", "stripe_product_id": "credits_pro"}
        """;

    private static async Task<IResult> ListAsync(
        HttpContext context, PackageList packages, IAuthorizationService authorization,
        [Description("Also those that are not for sale. For administrators only.")] bool? include_inactive, CancellationToken cancellationToken)
    {
        if (include_inactive is true && !(await authorization.AuthorizeAsync(context.User, Policies.Admin)).Succeeded)
            throw new RefusalException(HttpStatusCode.Forbidden, "forbidden", "Only administrators see packages that are not for sale.");
        return (await packages.ReadAsync(include_inactive is true, cancellationToken)).For(context, "private");
    }
}
