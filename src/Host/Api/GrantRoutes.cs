using System.Net;
using BillingMonolith.Audit;
using BillingMonolith.Credits;
using BillingMonolith.Host.Access;
using BillingMonolith.Identity;
using MediatR;

namespace BillingMonolith.Host.Api;

/// <summary>Credits that a person, or a service with the scope, gives to a user.</summary>
internal static class GrantRoutes
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/billing/credits/admin/grants", GrantAsync).RequireAuthorization(Policies.Grants);

    private static async Task<IResult> GrantAsync(IdempotencyKey key, NewGrant grant, IMediator mediator, CancellationToken cancellationToken)
    {
        var command = new GrantCredits(key.Value, grant.UserId, grant.Credits, grant.Reason, grant.ExpiresAt);
        if (!await mediator.Send(new UserExists(grant.UserId), cancellationToken))
            throw new RefusalException(HttpStatusCode.NotFound, "user-not-found", "Keycloak has no user with this user_id.");
        return Results.Created((string?)null, await mediator.Send(command, cancellationToken));
    }

    internal sealed record NewGrant(string UserId, long Credits, string Reason, DateTimeOffset? ExpiresAt = null);
}
