using System.ComponentModel;
using System.Net;
using BillingMonolith.Billing;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Http;
using BillingMonolith.Identity;
using BillingMonolith.SharedKernel;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace BillingMonolith.Host.Api;

/// <summary>The entitlements of tiers, for administrators.</summary>
internal static class TierEntitlementRoutes
{
    private const string Terms = """
        "rank": 30, "grace_days": 7, "features": [{"key": "api_access", "type": "boolean", "value": "true"},
          {"key": "projects", "type": "number", "value": "100"}], "grace_features": ["api_access"]}
        """;

    private static readonly Refuses Unknown = new(404, "tier-not-found");
    private static readonly Example One = new(Response: $$"""{"tier_id": "professional", {{Terms}}""");

    public static void Map(IEndpointRouteBuilder api)
    {
        var admin = api.MapGroup("/admin").RequireAuthorization(Policies.Admin).WithTags("Catalogue");
        admin.MapGet("/tiers/{id}/entitlement", ReadAsync).WithName("readTierEntitlement").WithSummary("What a plan entitles to")
            .WithDescription("Its features, its rank beside other plans, and what an unpaid invoice leaves for how long.").WithMetadata(Unknown, One);
        admin.MapPut("/tiers/{id}/entitlement", SetAsync).WithName("setTierEntitlement").WithSummary("Change what a plan entitles to")
            .WithDescription("Puts what is sent in the place of what was. It counts at once for everybody who has the plan, on all hosts.")
            .WithMetadata(Unknown, One with { Request = $$"""{{{Terms}}""" });
    }

    private static async Task<Ok<TierEntitlement>> ReadAsync(
        IMediator mediator, [Description("The plan's id.")] string id, CancellationToken cancellationToken)
    {
        await RequireAsync(mediator, id, cancellationToken);
        return TypedResults.Ok(await mediator.Send(new ReadTierEntitlement(id), cancellationToken));
    }

    private static async Task<Ok<TierEntitlement>> SetAsync(
        IMediator mediator, HttpContext context, FeatureCache features, [Description("The plan's id.")] string id, EntitlementTerms terms,
        CancellationToken cancellationToken)
    {
        await RequireAsync(mediator, id, cancellationToken);
        var set = await mediator.Send(new SetTierEntitlement(Problem.TraceId(context), id, terms), cancellationToken);
        features.Drop("*"); // this host's next answer does not wait for the notice
        return TypedResults.Ok(set);
    }

    private static async Task RequireAsync(IMediator mediator, string id, CancellationToken cancellationToken)
    {
        if ((await mediator.Send(new ReadTiers(), cancellationToken)).All(t => t.Id != id))
            throw new RefusalException(HttpStatusCode.NotFound, Unknown.Error, $"There is no plan '{id}'.");
    }
}
