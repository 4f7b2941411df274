using System.ComponentModel;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Http;
using BillingMonolith.Notifications;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace BillingMonolith.Host.Api;

/// <summary>Deliveries, mail and webhooks, for operators.</summary>
internal static class OutboxRoutes
{
    internal const int DefaultLimit = 50;

    internal const string Shown = """
        {"id": "019aa0f2-6f0e-7bb1-8a53-5b1f0a4b6f5e", "kind": "mail", "key": "receipt:019aa0f2-6f0e-7bb1-8a53-5b1f0a4b6f00", "what": "purchase-receipt",
          "state": "parked", "attempts": 1, "created_at": "2026-11-20T09:41:08.5Z", "next_attempt_at": null, "sent_at": null,
          "parked_at": "2026-11-20T09:41:09Z", "status": 550, "error": "The mail server answers 550 to RCPT: 5.1.1 no such mailbox. Mend it, then retry.",
          "endpoint_id": null, "event_id": null}
        """;

    public static void Map(IEndpointRouteBuilder api)
    {
        var outbox = api.MapGroup("/admin").RequireAuthorization(Policies.Operator).WithTags("Outbox");
        outbox.MapGet("/outbox", ListAsync).WithName("listOutbox").WithSummary("What is to be sent, what was, and what could not be")
            .WithDescription("Mails and webhooks, the latest first. No address stands in it.")
            .WithMetadata(new Example(Response: $$"""{"outbox": [{{Shown}}], "limit": 50, "next_cursor": null}"""));
        outbox.MapPost("/outbox/{id}/retry", RetryAsync).WithName("retryOutbox").WithSummary("Send something now that was not sent")
            .WithDescription("With all its tries anew, and under the same id: whoever got it already can see that. Do it after the cause was mended.")
            .WithMetadata(new Refuses(404, "not-found"), new Refuses(409, "already-sent"), new Refuses(409, "endpoint-disabled"),
                new Example(Response: Shown));
    }

    private static async Task<Ok<OutboxList>> ListAsync(
        IMediator mediator,
        [Description("Only `pending`, `parked` or `sent`.")] string? state,
        [Description("Rows per page, 1 to 200; 50 without it.")] int? limit,
        [Description("`next_cursor` of the page before.")] string? cursor,
        CancellationToken cancellationToken)
    {
        var query = new ReadOutbox(state, limit ?? DefaultLimit, Cursor.Read<OutboxPosition>(cursor));
        var page = await mediator.Send(query, cancellationToken);
        return TypedResults.Ok(new OutboxList(page.Rows, query.Limit, page.Next is { } next ? Cursor.Of(next) : null));
    }

    private static async Task<Ok<OutboxRow>> RetryAsync(
        IMediator mediator, HttpContext context, [Description("The row's `id`.")] string id, CancellationToken cancellationToken) =>
        TypedResults.Ok(await mediator.Send(new SendAgain(Problem.TraceId(context), ResourceId.Read(id)), cancellationToken));

    /// <summary>A page of deliveries.</summary>
    /// <param name="Outbox">The latest first.</param>
    /// <param name="Limit">At most so many are on a page.</param>
    /// <param name="NextCursor">Send it as `cursor` for the next page; null on the last one.</param>
    internal sealed record OutboxList(IReadOnlyList<OutboxRow> Outbox, int Limit, string? NextCursor);
}
