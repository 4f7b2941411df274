using System.ComponentModel;
using BillingMonolith.Credits;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Http;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace BillingMonolith.Host.Api;

/// <summary>Grants and adjustments that wait for a second administrator.</summary>
internal static class ApprovalRoutes
{
    private const int DefaultLimit = 50;
    private const string IdMeaning = "The request's `id`.";

    internal const string Shown = """
        {"id": "019aa0f2-6f0e-7bb1-8a53-5b1f0a4b6f5e", "state": "pending", "kind": "adjustment", "user_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
          "credits": -50000, "reason": "Counted twice, ticket 4711", "credits_expire_at": null, "requested_by": "0a6f1a3e-5b0e-4c7b-9a77-2f1c6d1e0001",
          "created_at": "2026-11-20T09:41:08.5Z", "expires_at": "2026-11-27T09:41:08.5Z", "decided_by": null, "decided_at": null,
          "decision_reason": null, "transaction_id": null}
        """;

    public static void Map(IEndpointRouteBuilder api)
    {
        var approvals = api.MapGroup("/billing/credits/admin").RequireAuthorization(Policies.Admin).WithTags("Credits");
        approvals.MapGet("/approvals", ListAsync).WithName("listApprovals").WithSummary("Changes of credits that wait for a second administrator")
            .WithDescription("And those that were decided, the latest first.")
            .WithMetadata(new Example(Response: $$"""{"approvals": [{{Shown}}], "limit": 50, "next_cursor": null}"""));
        approvals.MapPost("/approvals/{id}/approve", ApproveAsync).WithName("approveChange").WithSummary("Approve a change of credits")
            .WithDescription("It is done with this. Whoever asked for it cannot approve it.")
            .WithMetadata(new Refuses(403, "four-eyes"), new Refuses(404, "approval-not-found"), new Refuses(409, "approval-decided"),
                new Refuses(409, "insufficient-credits"), new Example(Response: Shown));
        approvals.MapPost("/approvals/{id}/reject", RejectAsync).WithName("rejectChange").WithSummary("Reject a change of credits")
            .WithDescription("Nothing is done. Whoever asked for it cannot reject it either.")
            .WithMetadata(new Refuses(403, "four-eyes"), new Refuses(404, "approval-not-found"), new Refuses(409, "approval-decided"),
                new Example(Request: """{"reason": "The ticket says 500"}""", Response: Shown));
    }

    public static async Task<Accepted<Approval>> RequestAsync(IMediator mediator, RequestApproval command, CancellationToken cancellationToken) =>
        TypedResults.Accepted((string?)null, await mediator.Send(command, cancellationToken));

    private static async Task<Ok<ApprovalList>> ListAsync(
        IMediator mediator,
        [Description("Only `pending`, `approved`, `rejected` or `expired`.")] string? state,
        [Description("Requests per page, 1 to 200; 50 without it.")] int? limit,
        [Description("`next_cursor` of the page before.")] string? cursor,
        CancellationToken cancellationToken)
    {
        var query = new ReadApprovals(state, limit ?? DefaultLimit, Cursor.Read<Position>(cursor)?.Id);
        var page = await mediator.Send(query, cancellationToken);
        return TypedResults.Ok(new ApprovalList(page.Approvals, query.Limit, page.HasMore ? Cursor.Of(new Position(page.Approvals[^1].Id)) : null));
    }

    private static Task<Ok<Approval>> ApproveAsync(
        IMediator mediator, HttpContext context, [Description(IdMeaning)] string id, CancellationToken cancellationToken) =>
        DecideAsync(mediator, context, id, approve: true, reason: null, cancellationToken);

    private static Task<Ok<Approval>> RejectAsync(
        IMediator mediator, HttpContext context, [Description(IdMeaning)] string id, Rejection rejection, CancellationToken cancellationToken) =>
        DecideAsync(mediator, context, id, approve: false, rejection.Reason, cancellationToken);

    private static async Task<Ok<Approval>> DecideAsync(
        IMediator mediator, HttpContext context, string id, bool approve, string? reason, CancellationToken cancellationToken) =>
        TypedResults.Ok(await mediator.Send(
            new DecideApproval(Problem.TraceId(context), ResourceId.Read(id), context.User.UserId!, approve, reason), cancellationToken));

    /// <summary>The reason for a rejection.</summary>
    /// <param name="Reason">For the requester, and the audit log; 3 to 500 characters.</param>
    internal sealed record Rejection(string Reason);

    /// <summary>A page of requests for approval.</summary>
    /// <param name="Approvals">The latest first.</param>
    /// <param name="Limit">At most so many are on a page.</param>
    /// <param name="NextCursor">Send it as `cursor` for the next page; null on the last one.</param>
    internal sealed record ApprovalList(IReadOnlyList<Approval> Approvals, int Limit, string? NextCursor);

    internal sealed record Position(Guid Id);
}
