using System.Net;
using System.Security.Claims;
using BillingMonolith.Audit;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Inbox;
using BillingMonolith.Identity;
using FluentValidation;
using FluentValidation.Results;
using MediatR;

namespace BillingMonolith.Host.Api;

/// <summary>What an operator sees and mends: parked steps, and payments that belong to nobody yet.</summary>
internal static class EventRoutes
{
    private const int DefaultLimit = 50;

    public static void Map(IEndpointRouteBuilder api)
    {
        var admin = api.MapGroup("/admin").RequireAuthorization(Policies.Operator);
        admin.MapGet("/events", ListAsync);
        admin.MapPost("/events/{id}/replay", ReplayAsync);
        admin.MapPost("/customers/{customer_id}/link", LinkAsync);
    }

    private static async Task<IResult> ListAsync(IMediator mediator, string? state, int? limit, string? cursor, CancellationToken cancellationToken)
    {
        if (state is not (null or "parked")) throw new ValidationException([new ValidationFailure(nameof(state), "Only parked.")]);
        var query = new ReadParkedSteps(limit ?? DefaultLimit, Cursor.Read<ParkedPosition>(cursor));
        var steps = await mediator.Send(query, cancellationToken);
        var next = steps.Count < query.Limit ? null : Cursor.Of(new ParkedPosition(steps[^1].ParkedAt, steps[^1].EventId, steps[^1].Step));
        return Results.Ok(new { events = steps, limit = query.Limit, next_cursor = next });
    }

    private static async Task<IResult> ReplayAsync(IMediator mediator, ClaimsPrincipal caller, string id, CancellationToken cancellationToken)
    {
        var reopened = await mediator.Send(new ReplayEvent(id, caller.UserId!), cancellationToken);
        return reopened > 0
            ? Results.Ok(new { reopened })
            : throw new RefusalException(HttpStatusCode.NotFound, "nothing-to-replay", "There is no such event, or all of its steps are done or open.");
    }

    private static async Task<IResult> LinkAsync(
        IMediator mediator, HttpContext context, string customer_id, NewLink link, CancellationToken cancellationToken)
    {
        await mediator.Send(new LinkCustomer(Problem.TraceId(context), customer_id, link.UserId, context.User.UserId!), cancellationToken);
        return Results.Ok(new { customer_id, user_id = link.UserId });
    }

    internal sealed record NewLink(string UserId);
}
