using System.ComponentModel;
using System.Security.Claims;
using BillingMonolith.Credits;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Http;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace BillingMonolith.Host.Api;

/// <summary>Credits that are held first and spent, in part or in full, when the needed number is known.</summary>
internal static class ReservationRoutes
{
    private const int DefaultSeconds = 900;
    private const string IdMeaning = "The reservation's `id`.";
    private const string Shown = """
        {"id": "019aa0f2-6f0e-7bb1-8a53-5b1f0a4b6f5e", "user_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "amount": 25, "state": "held", "committed": 0,
          "expires_at": "2026-11-20T09:56:08.5Z", "reason": "Film rendered", "reference": "job-18", "transaction_id": null, "balance": 1000, "available": 975}
        """;

    public static void Map(IEndpointRouteBuilder api)
    {
        var reservations = api.MapGroup("/billing/credits").RequireAuthorization(Policies.Consume).WithTags("Credits");
        reservations.MapPost("/reservations", HoldAsync).WithName("holdCredits").WithSummary("Reserve credits")
            .WithDescription("They are held until you commit or release them, or until their time runs out; meanwhile nothing else can spend them.")
            .WithMetadata(new Refuses(402, "insufficient-credits"), new Refuses(403, "foreign-account"), new Example(
                Request: """{"amount": 25, "reason": "Film rendered", "reference": "job-18", "expires_in_seconds": 900}""", Response: Shown));
        reservations.MapGet("/reservations/{id}", ReadAsync).WithName("getReservation").WithSummary("A reservation as it is now")
            .WithDescription("And what its user has now.")
            .WithMetadata(new Refuses(404, "reservation-not-found"), new Example(Response: Shown));
        reservations.MapPost("/reservations/{id}/commit", CommitAsync).WithName("commitReservation").WithSummary("Spend what is reserved")
            .WithDescription("All of it, or a part: the rest is let go.")
            .WithMetadata(new Refuses(404, "reservation-not-found"), new Refuses(409, "reservation-ended"), new Refuses(422, "exceeds-reservation"),
                new Example(Request: """{"amount": 20}""", Response: Shown
                    .Replace("\"held\"", "\"committed\"", StringComparison.Ordinal).Replace("\"committed\": 0", "\"committed\": 20", StringComparison.Ordinal)
                    .Replace("null, \"balance\": 1000, \"available\": 975", "1043, \"balance\": 980, \"available\": 980", StringComparison.Ordinal)));
        reservations.MapDelete("/reservations/{id}", ReleaseAsync).WithName("releaseReservation").WithSummary("Let go of what is reserved")
            .WithDescription("Again changes nothing.")
            .WithMetadata(new Refuses(404, "reservation-not-found"), new Refuses(409, "reservation-ended"), new Example(Response: Shown
                .Replace("\"held\"", "\"released\"", StringComparison.Ordinal).Replace(" 975", " 1000", StringComparison.Ordinal)));
    }

    private static async Task<Created<Reservation>> HoldAsync(
        IdempotencyKey key, ClaimsPrincipal caller, NewReservation hold, IMediator mediator, CancellationToken cancellationToken)
    {
        var command = new HoldCredits(key.Value, caller.SpendsFor(hold.UserId), hold.Amount, hold.Reason, hold.Reference, hold.ExpiresInSeconds);
        var reservation = await mediator.Send(command, cancellationToken);
        return TypedResults.Created($"{ApiV1.Prefix}/billing/credits/reservations/{reservation.Id}", reservation);
    }

    private static async Task<Ok<Reservation>> ReadAsync(
        ClaimsPrincipal caller, [Description(IdMeaning)] string id, IMediator mediator, CancellationToken cancellationToken) =>
        TypedResults.Ok(await mediator.Send(new ReadReservation(ResourceId.Read(id), caller.SpendsOnlyOf), cancellationToken));

    private static async Task<Ok<Reservation>> CommitAsync(
        IdempotencyKey key, ClaimsPrincipal caller, [Description(IdMeaning)] string id, ReservationCommit commit, IMediator mediator,
        CancellationToken cancellationToken) =>
        TypedResults.Ok(await mediator.Send(
            new CommitReservation(key.Value, ResourceId.Read(id), caller.SpendsOnlyOf, commit.Amount), cancellationToken));

    private static async Task<Ok<Reservation>> ReleaseAsync(
        ClaimsPrincipal caller, [Description(IdMeaning)] string id, IMediator mediator, CancellationToken cancellationToken) =>
        TypedResults.Ok(await mediator.Send(new ReleaseReservation(ResourceId.Read(id), caller.SpendsOnlyOf), cancellationToken));

    /// <summary>The credits to hold, the purpose and the duration.</summary>
    /// <param name="Amount">1 to 1000000000.</param>
    /// <param name="Reason">The purpose, for people: 3 to 200 characters.</param>
    /// <param name="Reference">Your own id of the purpose, at most 200 characters.</param>
    /// <param name="UserId">The user whose credits are held: required for a service; a person holds their own.</param>
    /// <param name="ExpiresInSeconds">10 to 86400; 900 by default.</param>
    internal sealed record NewReservation(long Amount, string Reason, string? Reference = null, string? UserId = null, int ExpiresInSeconds = DefaultSeconds);

    /// <summary>The amount to spend.</summary>
    /// <param name="Amount">At most what is held; absent = all of it.</param>
    internal sealed record ReservationCommit(long? Amount = null);
}
