using System.Net;
using System.Security.Claims;
using BillingMonolith.Credits;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Http;
using BillingMonolith.Identity;
using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Api;

/// <summary>Grants of credits by a person, or by a service with the scope.</summary>
internal static class GrantRoutes
{
    public static void Map(IEndpointRouteBuilder api) => api.MapPost("/billing/credits/admin/grants", GrantAsync).RequireAuthorization(Policies.Grants)
        .WithName("grantCredits").WithTags("Credits").WithSummary("Give a user credits")
        .WithDescription("The audit log keeps who gave them and why. Many at once wait for a second administrator: 202, and "
            + "`POST /admin/approvals/{id}/approve` does it. A service cannot wait, so it is refused.")
        .WithMetadata(new Refuses(403, "approval-required"), new Refuses(404, "user-not-found"), new Example(
            Request: """
                {"user_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "credits": 50, "reason": "Goodwill for ticket 4711", "expires_at": "2030-01-01T00:00:00Z"}
                """,
            Response: """{"transaction_id": 1042, "user_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "credits": 50, "balance": 150}""",
            Accepted: ApprovalRoutes.Shown));

    // In this order: an invalid request makes no calls, a repeat needs no Keycloak, and no transaction waits for it.
    private static async Task<Results<Created<CreditsGranted>, Accepted<Approval>>> GrantAsync(
        IdempotencyKey key, NewGrant grant, ClaimsPrincipal caller, IMediator mediator, IValidator<GrantCredits> validator,
        IOptionsMonitor<CreditsOptions> options, CancellationToken cancellationToken)
    {
        var command = new GrantCredits(key.Value, grant.UserId, grant.Credits, grant.Reason, grant.ExpiresAt);
        await validator.ValidateAndThrowAsync(command, cancellationToken);
        await RequireUserAsync(mediator, key.Value, grant.UserId, cancellationToken);
        return options.CurrentValue.NeedsApproval(command.Credits) && !caller.IsService
            ? await ApprovalRoutes.RequestAsync(
                mediator, new RequestApproval(key.Value, "grant", command.UserId, command.Credits, command.Reason, command.ExpiresAt), cancellationToken)
            : TypedResults.Created((string?)null, await mediator.Send(command, cancellationToken));
    }

    /// <exception cref="RefusalException">Keycloak has no such user, and this is no repeat.</exception>
    internal static async Task RequireUserAsync(IMediator mediator, RequestKey key, string userId, CancellationToken cancellationToken)
    {
        if (!await mediator.Send(new WasAnswered(key), cancellationToken) && !await mediator.Send(new UserExists(userId), cancellationToken))
            throw new RefusalException(HttpStatusCode.NotFound, "user-not-found", "Keycloak has no user with this user_id.");
    }

    /// <summary>The grant.</summary>
    /// <param name="UserId">The Keycloak user id (`sub`).</param>
    /// <param name="Credits">1 to 1000000.</param>
    /// <param name="Reason">For the audit log and the user's transactions, 3 to 500 characters.</param>
    /// <param name="ExpiresAt">The time when the rest of them ends, with an offset; absent = never.</param>
    internal sealed record NewGrant(string UserId, long Credits, string Reason, DateTimeOffset? ExpiresAt = null);
}
