using System.ComponentModel;
using System.Net;
using System.Security.Claims;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Http;
using BillingMonolith.Identity;
using BillingMonolith.Inbox;
using BillingMonolith.SharedKernel;
using FluentValidation;
using FluentValidation.Results;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace BillingMonolith.Host.Api;

/// <summary>The work of an operator: parked steps, and payments without a user.</summary>
internal static class EventRoutes
{
    private const int DefaultLimit = 50;

    public static void Map(IEndpointRouteBuilder api)
    {
        var admin = api.MapGroup("/admin").RequireAuthorization(Policies.Operator).WithTags("Inbox");
        admin.MapGet("/events", ListAsync).WithName("listParkedSteps").WithSummary("What waits for a person, and why")
            .WithDescription("Steps of Stripe's events that cannot go on by themselves, the latest first.")
            .WithMetadata(new Example(Response: """
                {"events": [{"event_id": "evt_1QqAb2LkdIwHu7ix", "step": "settle-purchase", "type": "checkout.session.completed",
                  "created": "2026-11-20T09:41:07Z", "received_at": "2026-11-20T09:41:08.5Z", "attempts": 1, "parked_at": "2026-11-20T09:41:08.7Z",
                  "reason": "The session names no package (metadata.package_code)."}], "limit": 50, "next_cursor": null}
                """));
        admin.MapPost("/events/{id}/replay", ReplayAsync).WithName("replayEvent").WithSummary("Try an event again")
            .WithDescription("Opens its parked and ignored steps again, with all their tries; what is done stays done. Do it after the cause was mended.")
            .WithMetadata(new Refuses(404, "nothing-to-replay"), new Example(Response: """{"reopened": 1}"""));
        admin.MapPost("/customers/{customer_id}/link", LinkAsync).WithName("linkCustomer").WithSummary("Say whose a Stripe customer is")
            .WithDescription("For payments that name no user. What waited for it goes on by itself. A link is for good; the same link again changes nothing.")
            .WithMetadata(new Refuses(404, "user-not-found"), new Refuses(409, "customer-linked"), new Example(
                Request: """{"user_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7"}""",
                Response: """{"customer_id": "cus_Nff7", "user_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7"}"""));
    }

    private static async Task<Ok<ParkedPage>> ListAsync(
        IMediator mediator,
        [Description("Only `parked`, which is also what you get without it.")] string? state,
        [Description("Steps per page, 1 to 200; 50 without it.")] int? limit,
        [Description("`next_cursor` of the page before.")] string? cursor,
        CancellationToken cancellationToken)
    {
        if (state is not (null or "parked")) throw new ValidationException([new ValidationFailure(nameof(state), "Only parked.")]);
        var query = new ReadParkedSteps(limit ?? DefaultLimit, Cursor.Read<ParkedPosition>(cursor));
        var steps = await mediator.Send(query, cancellationToken);
        var next = steps.Count < query.Limit ? null : Cursor.Of(new ParkedPosition(steps[^1].ParkedAt, steps[^1].EventId, steps[^1].Step));
        return TypedResults.Ok(new ParkedPage(steps, query.Limit, next));
    }

    private static async Task<Ok<ReplayedEvent>> ReplayAsync(
        IMediator mediator, ClaimsPrincipal caller, [Description("Stripe's id of the event, `evt_…`.")] string id, CancellationToken cancellationToken)
    {
        var reopened = await mediator.Send(new ReplayEvent(id, caller.UserId!), cancellationToken);
        return reopened > 0
            ? TypedResults.Ok(new ReplayedEvent(reopened))
            : throw new RefusalException(HttpStatusCode.NotFound, "nothing-to-replay", "There is no such event, or all of its steps are done or open.");
    }

    private static async Task<Ok<LinkedCustomer>> LinkAsync(
        IMediator mediator, HttpContext context, [Description("Stripe's id of the customer, `cus_…`.")] string customer_id, NewLink link,
        CancellationToken cancellationToken)
    {
        await mediator.Send(new LinkCustomer(Problem.TraceId(context), customer_id, link.UserId, context.User.UserId!), cancellationToken);
        return TypedResults.Ok(new LinkedCustomer(customer_id, link.UserId));
    }

    /// <summary>A page of parked steps.</summary>
    /// <param name="Events">The steps, the latest first.</param>
    /// <param name="Limit">At most so many are on a page.</param>
    /// <param name="NextCursor">Send it as `cursor` for the next page; null on the last one.</param>
    internal sealed record ParkedPage(IReadOnlyList<ParkedStep> Events, int Limit, string? NextCursor);

    /// <summary>An event that is retried.</summary>
    /// <param name="Reopened">The number of reopened steps.</param>
    internal sealed record ReplayedEvent(int Reopened);

    /// <summary>The user who owns the customer.</summary>
    /// <param name="UserId">The Keycloak user id (`sub`).</param>
    internal sealed record NewLink(string UserId);

    /// <summary>A customer and the user who owns it.</summary>
    /// <param name="CustomerId">Stripe's id of the customer.</param>
    /// <param name="UserId">The Keycloak user id (`sub`).</param>
    internal sealed record LinkedCustomer(string CustomerId, string UserId);
}
