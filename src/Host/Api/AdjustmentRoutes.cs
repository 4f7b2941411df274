using BillingMonolith.Credits;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Http;
using FluentValidation;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Api;

/// <summary>Corrections of balances by an administrator.</summary>
internal static class AdjustmentRoutes
{
    public static void Map(IEndpointRouteBuilder api) => api.MapPost("/billing/credits/admin/adjustments", AdjustAsync).RequireAuthorization(Policies.Admin)
        .WithName("adjustCredits").WithTags("Credits").WithSummary("Correct a user's credits")
        .WithDescription("Up or down, all or nothing. Many at once wait for a second administrator: 202, and `POST /admin/approvals/{id}/approve` does it.")
        .WithMetadata(new Refuses(404, "user-not-found"), new Refuses(409, "insufficient-credits"), new Example(
            Request: """{"user_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "credits": -50, "reason": "Counted twice, ticket 4711"}""",
            Response: """{"transaction_id": 1043, "user_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "credits": -50, "balance": 950}""",
            Accepted: ApprovalRoutes.Shown));

    private static async Task<Results<Created<CreditsGranted>, Accepted<Approval>>> AdjustAsync(
        IdempotencyKey key, NewAdjustment adjustment, IMediator mediator, IValidator<AdjustCredits> validator, IOptionsMonitor<CreditsOptions> options,
        CancellationToken cancellationToken)
    {
        var command = new AdjustCredits(key.Value, adjustment.UserId, adjustment.Credits, adjustment.Reason);
        await validator.ValidateAndThrowAsync(command, cancellationToken);
        if (command.Credits > 0) await GrantRoutes.RequireUserAsync(mediator, key.Value, command.UserId, cancellationToken);
        return options.CurrentValue.NeedsApproval(command.Credits)
            ? await ApprovalRoutes.RequestAsync(
                mediator, new RequestApproval(key.Value, "adjustment", command.UserId, command.Credits, command.Reason, ExpiresAt: null), cancellationToken)
            : TypedResults.Created((string?)null, await mediator.Send(command, cancellationToken));
    }

    /// <summary>The correction.</summary>
    /// <param name="UserId">The Keycloak user id (`sub`).</param>
    /// <param name="Credits">-1000000 to 1000000, and not 0.</param>
    /// <param name="Reason">For the audit log and the user's transactions, 3 to 500 characters.</param>
    internal sealed record NewAdjustment(string UserId, long Credits, string Reason);
}
