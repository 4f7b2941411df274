using System.ComponentModel;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Http;
using BillingMonolith.Notifications;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace BillingMonolith.Host.Api;

/// <summary>Others' webhook endpoints, for administrators.</summary>
internal static class WebhookEndpointRoutes
{
    private const string IdMeaning = "The endpoint's `id`.";

    private const string Terms = """
        "url": "https://automation.example.com/hooks/billing", "description": "Starts the work", "event_types": ["order.created"], "enabled": true
        """;

    private const string Members = $$"""
        {"id": "019aa0f2-6f0e-7bb1-8a53-5b1f0a4b6f5e", {{Terms}}, "disabled_reason": null, "failing_since": null, "old_secret_until": null,
          "created_at": "2026-11-20T09:41:08.5Z", "updated_at": "2026-11-20T09:41:08.5Z", "secret":
        """;

    private const string Shown = $$"""{{Members}} null}""";
    private const string ShownOnce = $$"""{{Members}} "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="}""";

    private const string Sent = """
        {"id": "019aa0f2-6f0e-7bb1-8a53-5b1f0a4b6f77", "kind": "webhook", "key": "msg_019aa0f26f0e7bb18a535b1f0a4b6f5e:019aa0f2-6f0e-7bb1-8a53-5b1f0a4b6f5e",
          "what": "order.created", "state": "pending", "attempts": 1, "created_at": "2026-11-20T09:41:08.5Z", "next_attempt_at": "2026-11-20T09:41:14Z",
          "sent_at": null, "parked_at": null, "status": 503, "error": "The endpoint answered 503.", "endpoint_id": "019aa0f2-6f0e-7bb1-8a53-5b1f0a4b6f5e",
          "event_id": "msg_019aa0f26f0e7bb18a535b1f0a4b6f5e"}
        """;

    private static readonly Refuses Unknown = new(404, "endpoint-not-found");
    private static readonly Refuses Disabled = new(409, "endpoint-disabled");

    public static void Map(IEndpointRouteBuilder api)
    {
        var endpoints = api.MapGroup("/admin").RequireAuthorization(Policies.Admin).WithTags("Webhook endpoints");
        endpoints.MapGet("/webhook-endpoints", ListAsync).WithName("listWebhookEndpoints").WithSummary("Endpoints that hear what happened")
            .WithDescription("The latest first. One that failed for days, or answered 410, says why it is disabled.")
            .WithMetadata(new Example(Response: $$"""{"endpoints": [{{Shown}}], "limit": 50, "next_cursor": null}"""));
        endpoints.MapPost("/webhook-endpoints", CreateAsync).WithName("createWebhookEndpoint").WithSummary("Add an endpoint")
            .WithDescription("It gets `POST`s as Standard Webhooks has them (`webhook-id`, `webhook-timestamp`, `webhook-signature`), signed with the `secret` "
                + "of this answer, which is not shown again. 2xx = taken; else they come again for days, under the same `webhook-id`.")
            .WithMetadata(new Example(Request: $$"""{{{Terms}}}""", Response: ShownOnce));
        endpoints.MapPut("/webhook-endpoints/{id}", ReplaceAsync).WithName("replaceWebhookEndpoint")
            .WithSummary("Change an endpoint, disable it or enable it again")
            .WithDescription("Puts what is sent in the place of what was; the secret stays.")
            .WithMetadata(Unknown, new Example(Request: $$"""{{{Terms}}}""", Response: Shown));
        endpoints.MapDelete("/webhook-endpoints/{id}", DeleteAsync).WithName("deleteWebhookEndpoint").WithSummary("Take an endpoint away")
            .WithDescription("What was not delivered to it is not delivered any more.").WithMetadata(Unknown);
        endpoints.MapPost("/webhook-endpoints/{id}/rotate", RotateAsync).WithName("rotateWebhookSecret").WithSummary("Give an endpoint a new secret")
            .WithDescription("For a day deliveries are signed with both, so that the receiver can change over.")
            .WithMetadata(Unknown, new Example(Response: ShownOnce));
        endpoints.MapPost("/webhook-endpoints/{id}/test", TestAsync).WithName("testWebhookEndpoint").WithSummary("Send an endpoint a `webhook.test`")
            .WithDescription("See in its deliveries what came of it.").WithMetadata(Unknown, Disabled, new Example(Response: Sent));
        endpoints.MapGet("/webhook-endpoints/{id}/deliveries", DeliveriesAsync).WithName("listWebhookDeliveries")
            .WithSummary("What was sent to an endpoint, and what it answered")
            .WithDescription("The latest first.").WithMetadata(new Example(Response: $$"""{"outbox": [{{Sent}}], "limit": 50, "next_cursor": null}"""));
        endpoints.MapPost("/webhook-endpoints/{id}/deliveries/{delivery_id}/replay", ReplayAsync).WithName("replayWebhookDelivery")
            .WithSummary("Send a delivery once more")
            .WithDescription("Also one that was taken; it has the same `webhook-id` and body.")
            .WithMetadata(new Refuses(404, "not-found"), Disabled, new Example(Response: Sent));
    }

    private static async Task<Ok<EndpointList>> ListAsync(
        IMediator mediator,
        [Description("Endpoints per page, 1 to 200; 50 without it.")] int? limit,
        [Description("`next_cursor` of the page before.")] string? cursor,
        CancellationToken cancellationToken)
    {
        var query = new ReadEndpoints(limit ?? OutboxRoutes.DefaultLimit, Cursor.Read<OutboxPosition>(cursor));
        var page = await mediator.Send(query, cancellationToken);
        return TypedResults.Ok(new EndpointList(page.Endpoints, query.Limit, page.Next is { } next ? Cursor.Of(next) : null));
    }

    private static async Task<Created<WebhookEndpoint>> CreateAsync(
        IMediator mediator, HttpContext context, EndpointTerms endpoint, CancellationToken cancellationToken)
    {
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created((string?)null, await mediator.Send(new CreateEndpoint(Problem.TraceId(context), endpoint), cancellationToken));
    }

    private static async Task<Ok<WebhookEndpoint>> ReplaceAsync(
        IMediator mediator, HttpContext context, [Description(IdMeaning)] string id, EndpointTerms endpoint, CancellationToken cancellationToken) =>
        TypedResults.Ok(await mediator.Send(new ReplaceEndpoint(Problem.TraceId(context), ResourceId.Read(id), endpoint), cancellationToken));

    private static async Task<NoContent> DeleteAsync(
        IMediator mediator, HttpContext context, [Description(IdMeaning)] string id, CancellationToken cancellationToken)
    {
        await mediator.Send(new DeleteEndpoint(Problem.TraceId(context), ResourceId.Read(id)), cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<WebhookEndpoint>> RotateAsync(
        IMediator mediator, HttpContext context, [Description(IdMeaning)] string id, CancellationToken cancellationToken)
    {
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(await mediator.Send(new RotateEndpointSecret(Problem.TraceId(context), ResourceId.Read(id)), cancellationToken));
    }

    private static async Task<Ok<OutboxRow>> TestAsync(
        IMediator mediator, HttpContext context, [Description(IdMeaning)] string id, CancellationToken cancellationToken) =>
        TypedResults.Ok(await mediator.Send(new TestEndpoint(Problem.TraceId(context), ResourceId.Read(id)), cancellationToken));

    private static async Task<Ok<OutboxRoutes.OutboxList>> DeliveriesAsync(
        IMediator mediator,
        [Description(IdMeaning)] string id,
        [Description("Only `pending`, `parked` or `sent`.")] string? state,
        [Description("Deliveries per page, 1 to 200; 50 without it.")] int? limit,
        [Description("`next_cursor` of the page before.")] string? cursor,
        CancellationToken cancellationToken)
    {
        var query = new ReadOutbox(state, limit ?? OutboxRoutes.DefaultLimit, Cursor.Read<OutboxPosition>(cursor)) { EndpointId = ResourceId.Read(id) };
        var page = await mediator.Send(query, cancellationToken);
        return TypedResults.Ok(new OutboxRoutes.OutboxList(page.Rows, query.Limit, page.Next is { } next ? Cursor.Of(next) : null));
    }

    private static async Task<Ok<OutboxRow>> ReplayAsync(
        IMediator mediator, HttpContext context, [Description(IdMeaning)] string id, [Description("The delivery's `id`.")] string delivery_id,
        CancellationToken cancellationToken)
    {
        var command = new SendAgain(Problem.TraceId(context), ResourceId.Read(delivery_id)) { EndpointId = ResourceId.Read(id), IsReplay = true };
        return TypedResults.Ok(await mediator.Send(command, cancellationToken));
    }

    /// <summary>A page of endpoints.</summary>
    /// <param name="Endpoints">The latest first.</param>
    /// <param name="Limit">At most so many are on a page.</param>
    /// <param name="NextCursor">Send it as `cursor` for the next page; null on the last one.</param>
    internal sealed record EndpointList(IReadOnlyList<WebhookEndpoint> Endpoints, int Limit, string? NextCursor);
}
