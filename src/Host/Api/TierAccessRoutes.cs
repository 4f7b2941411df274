using System.ComponentModel;
using System.Net;
using BillingMonolith.Billing;
using BillingMonolith.Credits;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Http;
using BillingMonolith.Identity;
using BillingMonolith.SharedKernel;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace BillingMonolith.Host.Api;

/// <summary>A tier's credits and features, and its invitations.</summary>
internal static class TierAccessRoutes
{
    private const string User = "The Keycloak user id (`sub`).";

    private const string Invited = """
        {"tier_id": "founders-friend", "user_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "invited_by": "0a6f1a3e-5b0e-4c7b-9a77-2f1c6d1e0001",
          "invited_at": "2026-11-20T12:00:00Z"}
        """;

    public static void Map(IEndpointRouteBuilder api)
    {
        var tier = api.MapGroup("/admin/tiers/{id}").RequireAuthorization(Policies.Admin).WithTags("Catalogue");
        tier.MapPut("/allowance", AllowAsync).WithName("setAllowance").WithSummary("Set a tier's credits")
            .WithDescription("For each month that is paid from now on; what was given stays. `credits` null = unlimited, so nothing is counted.")
            .WithMetadata(TierAdminRoutes.Unknown, new Example("""{"credits": 20, "rollover": false}""", AdminTier.Example));
        tier.MapDelete("/allowance", DisallowAsync).WithName("dropAllowance").WithSummary("Take a tier's credits away")
            .WithDescription("What was given stays. Once more changes nothing.")
            .WithMetadata(TierAdminRoutes.Unknown, new Example(Response: AdminTier.Example));
        tier.MapGet("/invitations/{user_id}", FindAsync).WithName("readInvitation").WithSummary("Whether a user was invited to a tier")
            .WithDescription("Who did, and when.").WithMetadata(new Refuses(404, "not-invited"), new Example(Response: Invited));
        tier.MapPut("/invitations/{user_id}", InviteAsync).WithName("invite").WithSummary("Invite a user to a tier")
            .WithDescription("So that he may buy one that is for invited ones only. Once more changes nothing.")
            .WithMetadata(TierAdminRoutes.Unknown, new Refuses(404, "user-not-found"), new Example(Response: Invited));
        tier.MapDelete("/invitations/{user_id}", UninviteAsync).WithName("uninvite").WithSummary("Take an invitation back")
            .WithDescription("A subscription that he has stays. Once more changes nothing.");
    }

    private static async Task<Ok<AdminTier>> AllowAsync(
        IMediator mediator, HttpContext context, PlanList plans, [Description(TierAdminRoutes.Id)] string id, AllowanceTerms allowance,
        CancellationToken cancellationToken) => TypedResults.Ok(await SetAsync(mediator, context, plans, id, allowance, cancellationToken));

    private static async Task<Ok<AdminTier>> DisallowAsync(
        IMediator mediator, HttpContext context, PlanList plans, [Description(TierAdminRoutes.Id)] string id, CancellationToken cancellationToken) =>
        TypedResults.Ok(await SetAsync(mediator, context, plans, id, terms: null, cancellationToken));

    // The Credits room knows allowances and no tiers; a tier is never removed, so a check beforehand is enough.
    private static async Task<AdminTier> SetAsync(
        IMediator mediator, HttpContext context, PlanList plans, string id, AllowanceTerms? terms, CancellationToken cancellationToken)
    {
        await AdminTier.FindAsync(mediator, id, cancellationToken);
        await mediator.Send(new SetAllowance(Problem.TraceId(context), id, terms), cancellationToken);
        plans.Drop();
        return await AdminTier.FindAsync(mediator, id, cancellationToken);
    }

    private static async Task<Ok<Invitation>> FindAsync(
        IMediator mediator, [Description(TierAdminRoutes.Id)] string id, [Description(User)] string user_id, CancellationToken cancellationToken) =>
        TypedResults.Ok(await mediator.Send(new FindInvitation(id, user_id), cancellationToken)
            ?? throw new RefusalException(HttpStatusCode.NotFound, "not-invited", $"User '{user_id}' has no invitation to tier '{id}'."));

    // Keycloak is called before the command, so that no transaction waits for it.
    private static async Task<Ok<Invitation>> InviteAsync(
        IMediator mediator, HttpContext context, [Description(TierAdminRoutes.Id)] string id, [Description(User)] string user_id,
        CancellationToken cancellationToken)
    {
        if (!await mediator.Send(new UserExists(user_id), cancellationToken))
            throw new RefusalException(
                HttpStatusCode.NotFound, "user-not-found", $"Keycloak has no user '{user_id}'. Use the user id, not the name or the address.");
        return TypedResults.Ok(await mediator.Send(new Invite(Problem.TraceId(context), id, user_id, context.User.UserId!), cancellationToken));
    }

    private static async Task<NoContent> UninviteAsync(
        IMediator mediator, HttpContext context, [Description(TierAdminRoutes.Id)] string id, [Description(User)] string user_id,
        CancellationToken cancellationToken)
    {
        await mediator.Send(new Uninvite(Problem.TraceId(context), id, user_id), cancellationToken);
        return TypedResults.NoContent();
    }
}
