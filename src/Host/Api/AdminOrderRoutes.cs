using System.ComponentModel;
using System.Globalization;
using System.Net;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Frame;
using BillingMonolith.Host.Http;
using BillingMonolith.Orders;
using BillingMonolith.SharedKernel;
using FluentValidation;
using FluentValidation.Results;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace BillingMonolith.Host.Api;

/// <summary>Everybody's orders, for administrators who work on them.</summary>
internal static class AdminOrderRoutes
{
    internal const string Shipping = """
        {"name": "Ada Lovelace", "phone": null, "line1": "12 St James's Square", "line2": null, "city": "London", "state": null, "postal_code": "SW1Y 4LB",
          "country": "GB"}
        """;

    private const string Named = "The order's id or its number.";

    private static readonly string Shown = $$"""
        {"id": "019aa0f2-6f0e-7bb1-8a53-5b1f0a4b6f5e", "order_identifier": "7KQ3XZ9MPD", "kind": "cart", "status": "SHIPPED", "work_status": "SHIPPED",
          "refunded_minor": 0, "dispute": "none", "deadline": "2026-12-01T17:00:00Z", "revisions_left": 1, "files_url": null, "final_package_url": null,
          "checklist_status": "PENDING", "stripe_session_id": "cs_test_a1b2c3", "revision": 3, "created_at": "2026-11-20T09:41:08.5Z",
          "updated_at": "2026-11-21T08:00:00Z", "user_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "customer_id": "cus_Nff7",
          "customer_email": "ada@example.com", "customer_name": "Ada Lovelace", "tier": null, "upgraded_from": null, "cart_id": "cart_8812",
          "items": [{"description": "Notebook", "quantity": 2, "amount_subtotal_minor": 2400, "amount_total_minor": 2400, "stripe_price_id": "price_1QqAb2",
            "stripe_product_id": "prod_Qq1"}], "shipping": {{Shipping}},
          "amount_minor": 2400, "currency": "usd", "stripe_payment_intent_id": "pi_3QqAb2LkdIwHu7ix"}
        """;

    private static readonly Example One = new(Response: Shown);
    private static readonly Refuses Unknown = new(404, "order-not-found");
    private static readonly Refuses Changed = new(412, "changed-meanwhile");

    private static readonly string[] Head =
    [
        "id", "order_identifier", "kind", "status", "work_status", "user_id", "customer_email", "customer_name", "tier", "cart_id", "items", "shipping",
        "amount", "amount_minor", "refunded_minor", "currency", "dispute", "deadline", "revisions_left", "checklist_status", "stripe_session_id",
        "stripe_payment_intent_id", "created_at", "updated_at",
    ];

    public static void Map(IEndpointRouteBuilder api)
    {
        var admin = api.MapGroup("/admin").RequireAuthorization(Policies.Admin).WithTags("Orders");
        admin.MapGet("/orders", ListAsync).WithName("readOrders").WithSummary("Everybody's orders")
            .WithDescription("The newest first. All filters that are given must match. With `format=csv` the answer is one file of everything that matches.")
            .Produces<AdminOrders>(StatusCodes.Status200OK, "application/json", "text/csv")
            .WithMetadata(new Example(Response: $$"""{"orders": [{{Shown}}], "limit": 100, "next_cursor": null}"""));
        admin.MapGet("/orders/{order}", FindAsync).WithName("readOrder").WithSummary("One order").WithDescription("Its `ETag` is for `If-Match` of a change.")
            .WithMetadata(Unknown, One);
        admin.MapPost("/orders/{order}/transition", MoveAsync).WithName("moveOrder").WithSummary("Take an order's work a step on")
            .WithDescription("Work that is done for a buyer goes `NEW` → `IN_PROGRESS` → `REVIEW` → `DELIVERED` → `CLOSED`; back to "
                + "`IN_PROGRESS` is a revision and uses one up. A cart goes `NEW` → `PROCESSING` → `SHIPPED` → `DELIVERED`. Until it is delivered or "
                + "shipped it can be `CANCELLED`. `REFUNDED` follows from the money. What is there already stays, so repeat it as often as you like.")
            .WithMetadata(Unknown, Changed, new Refuses(409, "illegal-transition"), new Refuses(409, "no-revisions-left"),
                One with { Request = """{"status": "SHIPPED"}""" });
        admin.MapPut("/orders/{order}", ChangeAsync).WithName("changeOrder").WithSummary("Change what is said of an order's work")
            .WithDescription("Puts what is sent in the place of what was. With the order's `ETag` in `If-Match`, a change that somebody made since then is not "
                + "overwritten. The buyer sees all of it.")
            .WithMetadata(Unknown, Changed, new Refuses(422, "not-for-carts"), One with
            {
                Request = """
                    {"deadline": "2026-12-01T17:00:00Z", "revisions_left": 1, "checklist_status": "COMPLETE",
                      "files_url": "https://files.example.com/7KQ3XZ9MPD", "final_package_url": null, "upgraded_from": null}
                    """,
            });
    }

    private static async Task<IResult> ListAsync([AsParameters] Asked asked, IMediator mediator, CancellationToken cancellationToken)
    {
        if (asked.Format is not (null or "json" or "csv")) throw new ValidationException([new ValidationFailure(nameof(asked.Format), "json or csv.")]);
        var query = asked.Query();
        if (asked.Format is "csv") return await ExportAsync(query, mediator, cancellationToken);
        var page = await mediator.Send(query, cancellationToken);
        return TypedResults.Ok(new AdminOrders(page.Orders, query.Limit, page.Next is { } next ? Cursor.Of(next) : null));
    }

    private static async Task<IResult> ExportAsync(ReadOrders query, IMediator mediator, CancellationToken cancellationToken)
    {
        var first = await mediator.Send(query with { Limit = Csv.PageSize }, cancellationToken);
        return Csv.File("orders.csv", Head, first, p => p.Orders.Select(Cells), async page => page.Next is { } next
            ? await mediator.Send(query with { Limit = Csv.PageSize, After = next }, cancellationToken)
            : null);
    }

    private static IEnumerable<string?> Cells(Order o) =>
    [
        o.Id.ToString(), o.OrderIdentifier, o.Kind, o.Status, o.WorkStatus, o.UserId, o.CustomerEmail, o.CustomerName, o.Tier, o.CartId,
        string.Join("; ", o.Items.Select(i => $"{i.Quantity?.ToString(CultureInfo.InvariantCulture)} × {i.Description}")),
        o.Shipping is { } to ? string.Join(", ", Show.Address(to)) : null,
        MajorUnits.Of(o.AmountMinor, o.Currency)?.ToString(CultureInfo.InvariantCulture), Number(o.AmountMinor), Number(o.RefundedMinor), o.Currency, o.Dispute,
        Time(o.Deadline), Number(o.RevisionsLeft), o.ChecklistStatus, o.StripeSessionId, o.StripePaymentIntentId, Time(o.CreatedAt), Time(o.UpdatedAt),
    ];

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string? Time(DateTime? time) => time?.ToString("O", CultureInfo.InvariantCulture);

    private static async Task<Ok<Order>> FindAsync(
        IMediator mediator, HttpContext context, [Description(Named)] string order, CancellationToken cancellationToken) =>
        TypedResults.Ok(Tagged(await mediator.Send(new FindOrder(order), cancellationToken)
            ?? throw new RefusalException(HttpStatusCode.NotFound, Unknown.Error, "There is no such order."), context));

    private static async Task<Ok<Order>> MoveAsync(
        IMediator mediator, HttpContext context, [Description(Named)] string order, Transition transition,
        [FromHeader(Name = "If-Match"), Description(Revision.Header)] string? ifMatch, CancellationToken cancellationToken) =>
        TypedResults.Ok(Tagged(
            await mediator.Send(new MoveOrder(Problem.TraceId(context), order, Revision.Of(ifMatch), transition.Status), cancellationToken), context));

    private static async Task<Ok<Order>> ChangeAsync(
        IMediator mediator, HttpContext context, [Description(Named)] string order, OrderTerms terms,
        [FromHeader(Name = "If-Match"), Description(Revision.Header)] string? ifMatch, CancellationToken cancellationToken) =>
        TypedResults.Ok(Tagged(
            await mediator.Send(new ChangeOrder(Problem.TraceId(context), order, Revision.Of(ifMatch), terms), cancellationToken), context));

    private static Order Tagged(Order order, HttpContext context)
    {
        Revision.Tag(context, order.Revision);
        return order;
    }

    /// <summary>A page of orders.</summary>
    /// <param name="Orders">The newest first.</param>
    /// <param name="Limit">At most so many are on a page.</param>
    /// <param name="NextCursor">Send it as `cursor` for the next page; null on the last one.</param>
    internal sealed record AdminOrders(IReadOnlyList<Order> Orders, int Limit, string? NextCursor);

    /// <summary>The move.</summary>
    /// <param name="Status">`IN_PROGRESS`, `REVIEW`, `PROCESSING`, `SHIPPED`, `DELIVERED`, `CLOSED` or `CANCELLED`.</param>
    internal sealed record Transition(string Status);

    /// <summary>The filters.</summary>
    /// <param name="Kind">`dfy` or `cart`.</param>
    /// <param name="Status">`NEW`, `IN_PROGRESS`, `REVIEW`, `PROCESSING`, `SHIPPED`, `DELIVERED`, `CLOSED`, `CANCELLED` or `REFUNDED`.</param>
    /// <param name="User">The buyer's Keycloak user id or e-mail address.</param>
    /// <param name="From">Placed at this time or later.</param>
    /// <param name="To">Placed before this time.</param>
    /// <param name="Limit">Orders per page, 1 to 1000; 100 by default.</param>
    /// <param name="Cursor">`next_cursor` of the previous page.</param>
    /// <param name="Format">`json`, or `csv` for one file of everything that matches.</param>
    internal sealed record Asked(
        string? Kind, string? Status, string? User, DateTimeOffset? From, DateTimeOffset? To, int? Limit, string? Cursor, string? Format)
    {
        public ReadOrders Query()
        {
            var query = new ReadOrders { Kind = Kind, Status = Status, User = User, From = From, To = To, After = Http.Cursor.Read<OrderPosition>(Cursor) };
            return Limit is { } limit ? query with { Limit = limit } : query;
        }
    }
}
