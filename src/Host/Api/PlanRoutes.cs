using BillingMonolith.Host.Http;

namespace BillingMonolith.Host.Api;

/// <summary>The plans for sale.</summary>
internal static class PlanRoutes
{
    private const string Plans = """
        [{"tier_id": "starter", "name": "Starter", "description": "For one person who builds", "price_monthly": 19.00, "price_yearly": 190.00,
           "currency": "usd", "monthly_credits": 20, "features": [{"key": "projects", "type": "number", "value": "3"}]},
         {"tier_id": "enterprise", "name": "Enterprise", "description": "For teams, without a ceiling", "price_monthly": 99.00, "price_yearly": null,
           "currency": "usd", "monthly_credits": null, "features": []}]
        """;

    public static void Map(IEndpointRouteBuilder api) => api.MapGet("/billing/plans", ListAsync).AllowAnonymous()
        .WithName("listPlans").WithTags("Subscriptions").WithSummary("The plans that are for sale to everybody")
        .WithDescription("In the order of the shop. `monthly_credits` is 0 for a plan without credits and null for one without a limit. "
            + "Keep the answer's `ETag` and send it as `If-None-Match`: while nothing has changed the answer is 304.")
        .Produces<IReadOnlyList<OfferedPlan>>().Produces(StatusCodes.Status304NotModified)
        .WithMetadata(Limit.Uncounted, new Example(Response: Plans));

    private static async Task<IResult> ListAsync(HttpContext context, PlanList plans, CancellationToken cancellationToken) =>
        (await plans.ReadAsync(cancellationToken)).For(context, "public");
}
