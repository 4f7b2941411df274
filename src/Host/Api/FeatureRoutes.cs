using System.ComponentModel;
using System.Security.Claims;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Http;
using BillingMonolith.Identity;

namespace BillingMonolith.Host.Api;

/// <summary>The features of a user.</summary>
internal static class FeatureRoutes
{
    private const string Shown = """
        {"features": [{"key": "api_access", "enabled": true, "metadata": {"type": "boolean", "value": "true"}},
          {"key": "projects", "enabled": true, "metadata": {"type": "number", "value": "100"}},
          {"key": "single_sign_on", "enabled": false, "metadata": {"type": "boolean", "value": null}}],
          "plan_id": "professional", "billing_period": "monthly", "cached_at": "2026-11-20T09:41:08.5Z"}
        """;

    private const string Kept = "Keep the answer's `ETag` and send it as `If-None-Match`: while nothing has changed the answer is 304. A change of the "
        + "subscription shows at once; `cached_at` is when the answer was read.";

    public static void Map(IEndpointRouteBuilder api)
    {
        Own(api).WithName("getFeatures").WithTags("Features").WithSummary("What you may use")
            .WithDescription($"Everything that some plan gives, and whether you have it. {Kept}").WithMetadata(new Example(Response: Shown));
        api.MapGet("/users/{id}/features", OfUserAsync).RequireAuthorization(Policies.Features).WithName("getUserFeatures").WithTags("Features")
            .WithSummary("What a user may use").WithDescription($"For services that serve him. Who never subscribed has what is free. {Kept}")
            .Produces<FeatureList>().Produces(StatusCodes.Status304NotModified).WithMetadata(Limit.Uncounted, new Example(Response: Shown));
    }

    /// <summary>The address without a version, for clients of a predecessor.</summary>
    public static void MapOldAddress(IEndpointRouteBuilder routes) => Own(routes.MapGroup("/api")).ExcludeFromDescription();

    private static RouteHandlerBuilder Own(IEndpointRouteBuilder routes) => routes.MapGet("/features/me", OwnAsync).RequireAuthorization(Policies.User)
        .Produces<FeatureList>().Produces(StatusCodes.Status304NotModified).WithMetadata(Limit.Uncounted);

    private static Task<IResult> OwnAsync(HttpContext context, ClaimsPrincipal caller, FeatureCache features, CancellationToken cancellationToken) =>
        AnswerAsync(context, features, caller.UserId!, cancellationToken);

    private static Task<IResult> OfUserAsync(
        HttpContext context, FeatureCache features, [Description("The Keycloak user id (`sub`).")] string id, CancellationToken cancellationToken) =>
        AnswerAsync(context, features, id, cancellationToken);

    private static async Task<IResult> AnswerAsync(HttpContext context, FeatureCache features, string userId, CancellationToken cancellationToken) =>
        (await features.ReadAsync(userId, cancellationToken)).For(context, "private");
}

/// <summary>A user's features.</summary>
/// <param name="Features">All features of any plan, by key.</param>
/// <param name="PlanId">The plan that counts; `free` without one.</param>
/// <param name="BillingPeriod">`monthly` or `yearly`; null without a subscription that counts.</param>
/// <param name="CachedAt">The time when it was read from the database.</param>
internal sealed record FeatureList(IReadOnlyList<Feature> Features, string PlanId, string? BillingPeriod, DateTime CachedAt);
