using System.Net;
using BillingMonolith.Audit;
using BillingMonolith.Credits;
using BillingMonolith.Host.Access;
using BillingMonolith.Identity;
using FluentValidation;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace BillingMonolith.Host.Api;

/// <summary>Credits that a person, or a service with the scope, gives to a user.</summary>
internal static class GrantRoutes
{
    public static void Map(IEndpointRouteBuilder api) => api.MapPost("/billing/credits/admin/grants", GrantAsync).RequireAuthorization(Policies.Grants)
        .WithName("grantCredits").WithTags("Credits").WithSummary("Give a user credits")
        .WithDescription("The ledger and the audit log keep who gave them and why.")
        .WithMetadata(new Refuses(404, "user-not-found"), new Example(
            Request: """
                {"user_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "credits": 50, "reason": "Goodwill for ticket 4711", "expires_at": "2030-01-01T00:00:00Z"}
                """,
            Response: """{"transaction_id": 1042, "user_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "credits": 50, "balance": 150}"""));

    // In this order: what is invalid asks nobody, a repeat needs no Keycloak, and no transaction waits for it.
    private static async Task<Created<CreditsGranted>> GrantAsync(
        IdempotencyKey key, NewGrant grant, IMediator mediator, IValidator<GrantCredits> validator, CancellationToken cancellationToken)
    {
        var command = new GrantCredits(key.Value, grant.UserId, grant.Credits, grant.Reason, grant.ExpiresAt);
        await validator.ValidateAndThrowAsync(command, cancellationToken);
        if (!await mediator.Send(new WasAnswered(key.Value), cancellationToken) && !await mediator.Send(new UserExists(grant.UserId), cancellationToken))
            throw new RefusalException(HttpStatusCode.NotFound, "user-not-found", "Keycloak has no user with this user_id.");
        return TypedResults.Created((string?)null, await mediator.Send(command, cancellationToken));
    }

    /// <summary>What to give, to whom and why.</summary>
    /// <param name="UserId">The Keycloak user id (`sub`).</param>
    /// <param name="Credits">1 to 1000000.</param>
    /// <param name="Reason">For the audit log, 3 to 500 characters.</param>
    /// <param name="ExpiresAt">When what is left of them ends, with an offset; absent = never.</param>
    internal sealed record NewGrant(string UserId, long Credits, string Reason, DateTimeOffset? ExpiresAt = null);
}
