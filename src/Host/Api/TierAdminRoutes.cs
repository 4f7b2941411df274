using System.ComponentModel;
using BillingMonolith.Billing;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Http;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace BillingMonolith.Host.Api;

/// <summary>The catalogue of tiers, for administrators.</summary>
internal static class TierAdminRoutes
{
    internal const string Id = "The tier's id.";
    internal static readonly Refuses Unknown = new(404, "tier-not-found");

    private const string Terms = """
        "name": "Starter", "description": "For one person who builds", "currency": "usd",
          "prices": [{"cycle": "monthly", "currency": "usd", "amount_minor": 1900}, {"cycle": "yearly", "currency": "usd", "amount_minor": 19000}],
          "display_order": 2}
        """;

    private static readonly Example One = new(Response: AdminTier.Example);
    private static readonly Refuses NoDefaultPrice = new(422, "no-default-price");

    public static void Map(IEndpointRouteBuilder api)
    {
        var admin = api.MapGroup("/admin").RequireAuthorization(Policies.Admin).WithTags("Catalogue");
        admin.MapGet("/tiers", ListAsync).WithName("listTiers").WithSummary("All tiers, also those that are not for sale or for invited ones only")
            .WithDescription("In the order of the shop, read from the database.").WithMetadata(new Example(Response: $"[{AdminTier.Example}]"));
        admin.MapPost("/tiers", CreateAsync).WithName("createTier").WithSummary("Add a tier")
            .WithDescription("Run `setup stripe` and `setup lago` afterwards: they make its product, prices and plans there. Until then nobody can buy it.")
            .WithMetadata(new Refuses(409, "tier-exists"), NoDefaultPrice, One with { Request = $$"""{"tier_id": "starter", {{Terms}}""" });
        admin.MapGet("/tiers/{id}", ReadAsync).WithName("readTier").WithSummary("One tier")
            .WithDescription("Its `ETag` is for `If-Match` of a change.").WithMetadata(Unknown, One);
        admin.MapPut("/tiers/{id}", ReplaceAsync).WithName("replaceTier").WithSummary("Change a tier")
            .WithDescription("Puts what is sent in the place of what was; only the id stays. Whoever is subscribed pays on as he agreed: a price that is "
                + "left out, or whose amount changes, stays at Stripe for him, and nobody else can buy at it. Run `setup stripe` after a change of a price "
                + "or a name, and `setup lago` after a change of a plan's code. With the `ETag` of the tier as you read it in `If-Match`, a change that "
                + "somebody made since then is not overwritten.")
            .WithMetadata(Unknown, new Refuses(412, "changed-meanwhile"), NoDefaultPrice, One with { Request = $$"""{{{Terms}}""" });
        admin.MapDelete("/tiers/{id}", DeactivateAsync).WithName("deactivateTier").WithSummary("Take a tier off sale")
            .WithDescription("It stays, and whoever is subscribed keeps it; put it back on sale by changing it. Once more changes nothing.")
            .WithMetadata(Unknown, One);
    }

    private static async Task<Ok<IReadOnlyList<AdminTier>>> ListAsync(IMediator mediator, CancellationToken cancellationToken) =>
        TypedResults.Ok(await AdminTier.AllAsync(mediator, cancellationToken));

    private static async Task<Ok<AdminTier>> ReadAsync(
        IMediator mediator, HttpContext context, [Description(Id)] string id, CancellationToken cancellationToken) =>
        TypedResults.Ok(await AnswerAsync(mediator, context, id, cancellationToken));

    private static async Task<Created<AdminTier>> CreateAsync(
        IMediator mediator, HttpContext context, PlanList plans, NewTier tier, CancellationToken cancellationToken)
    {
        await mediator.Send(new CreateTier(Problem.TraceId(context), tier), cancellationToken);
        plans.Drop(); // this host's next answer does not wait for the notice
        return TypedResults.Created($"{ApiV1.Prefix}/admin/tiers/{tier.TierId}", await AnswerAsync(mediator, context, tier.TierId, cancellationToken));
    }

    private static async Task<Ok<AdminTier>> ReplaceAsync(
        IMediator mediator, HttpContext context, PlanList plans, [Description(Id)] string id, TierTerms tier,
        [FromHeader(Name = "If-Match"), Description(Revision.Header)] string? ifMatch, CancellationToken cancellationToken)
    {
        await mediator.Send(new ReplaceTier(Problem.TraceId(context), id, Revision.Of(ifMatch), tier), cancellationToken);
        plans.Drop();
        return TypedResults.Ok(await AnswerAsync(mediator, context, id, cancellationToken));
    }

    private static async Task<Ok<AdminTier>> DeactivateAsync(
        IMediator mediator, HttpContext context, PlanList plans, [Description(Id)] string id, CancellationToken cancellationToken)
    {
        await mediator.Send(new DeactivateTier(Problem.TraceId(context), id), cancellationToken);
        plans.Drop();
        return TypedResults.Ok(await AnswerAsync(mediator, context, id, cancellationToken));
    }

    private static async Task<AdminTier> AnswerAsync(IMediator mediator, HttpContext context, string id, CancellationToken cancellationToken)
    {
        var tier = await AdminTier.FindAsync(mediator, id, cancellationToken);
        Revision.Tag(context, tier.Revision);
        return tier;
    }
}
