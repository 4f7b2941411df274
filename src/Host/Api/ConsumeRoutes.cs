using System.Security.Claims;
using BillingMonolith.Credits;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Http;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace BillingMonolith.Host.Api;

/// <summary>Credits that are spent at once.</summary>
internal static class ConsumeRoutes
{
    public static void Map(IEndpointRouteBuilder api) => api.MapPost("/billing/credits/consume", ConsumeAsync).RequireAuthorization(Policies.Consume)
        .WithName("consumeCredits").WithTags("Credits").WithSummary("Spend credits")
        .WithDescription("All that are asked or none. What burns first, ends first or is oldest goes first: allowances before purchases.")
        .WithMetadata(new Refuses(402, "insufficient-credits"), new Refuses(403, "foreign-account"), new Example(
            Request: """{"amount": 5, "reason": "Image upscaled", "reference": "job-17"}""",
            Response: """{"balance": 995, "transaction_id": 1042}"""));

    private static async Task<Ok<CreditsConsumed>> ConsumeAsync(
        IdempotencyKey key, ClaimsPrincipal caller, Consumption consumption, IMediator mediator, CancellationToken cancellationToken)
    {
        var (amount, reason, reference, userId) = consumption;
        return TypedResults.Ok(await mediator.Send(new ConsumeCredits(key.Value, caller.SpendsFor(userId), amount, reason, reference), cancellationToken));
    }

    /// <summary>The credits to spend, and the purpose.</summary>
    /// <param name="Amount">1 to 1000000000.</param>
    /// <param name="Reason">The purpose, for people: 3 to 200 characters.</param>
    /// <param name="Reference">Your own id of the purpose, at most 200 characters.</param>
    /// <param name="UserId">The user whose credits are spent: required for a service; a person spends their own.</param>
    internal sealed record Consumption(long Amount, string Reason, string? Reference = null, string? UserId = null);
}
