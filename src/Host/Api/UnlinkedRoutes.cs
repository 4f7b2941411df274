using System.ComponentModel;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Http;
using BillingMonolith.Host.Routing;
using BillingMonolith.Identity;
using BillingMonolith.Inbox;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace BillingMonolith.Host.Api;

/// <summary>Payments without a user: an operator sees them with the candidates, and links them.</summary>
internal static class UnlinkedRoutes
{
    private const int DefaultLimit = 50;
    private const string WhichOne = "Stripe's id of the customer (`cus_…`), of a guest's session (`cs_…`) or of the event (`evt_…`).";

    public static void Map(IEndpointRouteBuilder api)
    {
        var unlinked = api.MapGroup("/admin").RequireAuthorization(Policies.Operator).WithTags("Inbox");
        unlinked.MapGet("/unlinked-payments", ListAsync).WithName("listUnlinkedPayments").WithSummary("Payments that belong to nobody yet")
            .WithDescription("Events that wait because no user is known for who paid, the latest first. One link lets all events of a customer go on.")
            .WithMetadata(new Example(Response: """
                {"payments": [{"event_id": "evt_1QqAb2LkdIwHu7ix", "type": "checkout.session.completed", "customer_id": "cus_Nff7", "session_id": "cs_test_a1",
                  "subscription_id": "sub_1Sg8Ck", "amount_minor": 4900, "currency": "usd", "email": "n…@example.com", "created": "2026-11-20T09:41:07Z",
                  "parked_at": "2026-11-20T09:41:08.7Z", "reason": "Unlinked payment: No user has the e-mail address n…@example.com."}],
                  "limit": 50, "next_cursor": null}
                """));
        unlinked.MapGet("/unlinked-payments/{id}/candidates", CandidatesAsync).WithName("listCandidates").WithSummary("Who an unlinked payment might be of")
            .WithDescription("Users with the payment's e-mail address, proved or not, or with its name. It proves nothing: a person decides.")
            .WithMetadata(new Refuses(404, "payment-not-found"), new Example(Response: """
                {"customer_id": "cus_Nff7", "email": "ada@example.com", "name": "Ada Lovelace",
                  "candidates": [{"user_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "username": "ada", "email": "ada@example.com",
                  "email_verified": false, "first_name": "Ada", "last_name": "Lovelace", "enabled": true,
                  "why": ["email-unverified", "same-name"]}]}
                """));
        unlinked.MapPost("/unlinked-payments/{id}/link", LinkAsync).WithName("linkPayment").WithSummary("Say whose an unlinked payment is")
            .WithDescription("Links the customer, or a guest's session, to a user for good; whatever waited for that goes on. Once more changes nothing.")
            .WithMetadata(new Refuses(404, "payment-not-found"), new Refuses(404, "user-not-found"), new Refuses(409, "customer-linked"), new Example(
                Request: """{"user_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7"}""",
                Response: """{"customer_id": "cus_Nff7", "user_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7"}"""));
    }

    private static async Task<Ok<UnlinkedPage>> ListAsync(
        IMediator mediator,
        [Description("Payments per page, 1 to 200; 50 without it.")] int? limit,
        [Description("`next_cursor` of the page before.")] string? cursor,
        CancellationToken cancellationToken)
    {
        var query = new ReadWaitingSteps(limit ?? DefaultLimit, Cursor.Read<WaitingPosition>(cursor));
        var waiting = await mediator.Send(query, cancellationToken);
        var next = waiting.Count < query.Limit ? null : Cursor.Of(new WaitingPosition(waiting[^1].ParkedAt, waiting[^1].EventId));
        return TypedResults.Ok(new UnlinkedPage([.. waiting.Select(UnlinkedPayment.Of)], query.Limit, next));
    }

    private static async Task<Ok<CandidateList>> CandidatesAsync(IMediator mediator, [Description(WhichOne)] string id, CancellationToken cancellationToken)
    {
        var payer = await mediator.Send(new FindPayer(id), cancellationToken);
        var candidates = await mediator.Send(new FindCandidates(payer.Email, payer.Name), cancellationToken);
        return TypedResults.Ok(new CandidateList(payer.Id, payer.Email, payer.Name, candidates));
    }

    private static async Task<Ok<EventRoutes.LinkedCustomer>> LinkAsync(
        IMediator mediator, HttpContext context, [Description(WhichOne)] string id, EventRoutes.NewLink link, CancellationToken cancellationToken)
    {
        // A customer or a session can be linked again when nothing waits any more, and before anything does.
        var payer = id.StartsWith("evt_", StringComparison.Ordinal) ? (await mediator.Send(new FindPayer(id), cancellationToken)).Id : id;
        await mediator.Send(new LinkCustomer(Problem.TraceId(context), payer, link.UserId, context.User.UserId!), cancellationToken);
        return TypedResults.Ok(new EventRoutes.LinkedCustomer(payer, link.UserId));
    }

    /// <summary>A page of payments without a user.</summary>
    /// <param name="Payments">One per event, the latest first.</param>
    /// <param name="Limit">At most so many are on a page.</param>
    /// <param name="NextCursor">Send it as `cursor` for the next page; null on the last one.</param>
    internal sealed record UnlinkedPage(IReadOnlyList<UnlinkedPayment> Payments, int Limit, string? NextCursor);

    /// <summary>The payer, and the candidates.</summary>
    /// <param name="CustomerId">The id to link: Stripe's customer, or the checkout session of a guest.</param>
    /// <param name="Email">The address on the payment, in full, because a person has to compare it.</param>
    /// <param name="Name">The name on the payment.</param>
    /// <param name="Candidates">Users with a verified address come first.</param>
    internal sealed record CandidateList(string CustomerId, string? Email, string? Name, IReadOnlyList<UserCandidate> Candidates);
}
