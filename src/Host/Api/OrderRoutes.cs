using System.ComponentModel;
using System.Net;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Http;
using BillingMonolith.Orders;
using BillingMonolith.SharedKernel;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace BillingMonolith.Host.Api;

/// <summary>The caller's orders.</summary>
internal static class OrderRoutes
{
    private const int DefaultLimit = 50;

    private static readonly string One = $$"""
        {"order_identifier": "7KQ3XZ9MPD", "kind": "cart", "status": "SHIPPED", "tier": null, "amount": 24.00, "amount_minor": 2400, "refunded_minor": 0,
          "currency": "usd",
          "items": [{"description": "Notebook", "quantity": 2, "amount_subtotal_minor": 2400, "amount_total_minor": 2400, "stripe_price_id": "price_1QqAb2",
            "stripe_product_id": "prod_Qq1"}], "shipping": {{AdminOrderRoutes.Shipping}},
          "deadline": "2026-12-01T17:00:00Z", "revisions_left": 1, "files_url": null, "final_package_url": null,
          "checklist_status": "PENDING", "created_at": "2026-11-20T09:41:08.5Z", "updated_at": "2026-11-21T08:00:00Z"}
        """;

    public static void Map(IEndpointRouteBuilder api)
    {
        var orders = api.MapGroup("").RequireAuthorization(Policies.User).WithTags("Orders");
        orders.MapGet("/orders", ReadAsync).WithName("readOwnOrders").WithSummary("Your orders").WithDescription("The newest first.")
            .WithMetadata(new Example(Response: $$"""{"orders": [{{One}}], "limit": 50, "next_cursor": null}"""));
        orders.MapGet("/orders/{order_identifier}", FindAsync).WithName("readOwnOrder").WithSummary("One of your orders")
            .WithDescription("By the number that stands in the list and in the confirmation.")
            .WithMetadata(new Refuses(404, "order-not-found"), new Example(Response: One));
    }

    private static async Task<Ok<OwnOrders>> ReadAsync(
        HttpContext context, IMediator mediator,
        [Description("Orders per page, 1 to 200; 50 without it.")] int? limit,
        [Description("`next_cursor` of the page before.")] string? cursor,
        CancellationToken cancellationToken)
    {
        var query = new ReadOwnOrders(context.User.UserId!, limit ?? DefaultLimit, Cursor.Read<OrderPosition>(cursor));
        var page = await mediator.Send(query, cancellationToken);
        return TypedResults.Ok(new OwnOrders([.. page.Orders.Select(OrderEntry.Of)], query.Limit, page.Next is { } next ? Cursor.Of(next) : null));
    }

    private static async Task<Ok<OrderEntry>> FindAsync(
        HttpContext context, IMediator mediator, [Description("The order's number.")] string order_identifier, CancellationToken cancellationToken) =>
        TypedResults.Ok(OrderEntry.Of(await OwnAsync(mediator, context.User.UserId!, order_identifier, cancellationToken)));

    /// <exception cref="RefusalException">There is none, or it belongs to another user.</exception>
    internal static async Task<Order> OwnAsync(IMediator mediator, string userId, string number, CancellationToken cancellationToken) =>
        await mediator.Send(new FindOrder(number), cancellationToken) is { } order && order.UserId == userId ? order
            : throw new RefusalException(HttpStatusCode.NotFound, "order-not-found", "You have no such order. Are you signed in as who placed it?");

    /// <summary>A page of orders.</summary>
    /// <param name="Orders">The newest first.</param>
    /// <param name="Limit">At most so many are on a page.</param>
    /// <param name="NextCursor">Send it as `cursor` for the next page; null on the last one.</param>
    internal sealed record OwnOrders(IReadOnlyList<OrderEntry> Orders, int Limit, string? NextCursor);

    /// <summary>An order.</summary>
    /// <param name="OrderIdentifier">The number for people.</param>
    /// <param name="Kind">`dfy` (work that is done for you) or `cart` (goods).</param>
    /// <param name="Status">`NEW`, `IN_PROGRESS`, `REVIEW`, `PROCESSING`, `SHIPPED`, `DELIVERED`, `CLOSED`, `CANCELLED` or `REFUNDED`.</param>
    /// <param name="Tier">The ordered work.</param>
    /// <param name="Amount">The amount paid, in the currency's major unit.</param>
    /// <param name="AmountMinor">The same in the currency's minor unit: use this one for calculations.</param>
    /// <param name="RefundedMinor">The refunded amount, in the minor unit.</param>
    /// <param name="Currency">ISO 4217, lower case.</param>
    /// <param name="Items">The lines of the order.</param>
    /// <param name="Shipping">The address for the goods; null for work.</param>
    /// <param name="Deadline">The time when it is due.</param>
    /// <param name="RevisionsLeft">How often you may still ask for changes.</param>
    /// <param name="FilesUrl">The address of your files.</param>
    /// <param name="FinalPackageUrl">The address of the finished work.</param>
    /// <param name="ChecklistStatus">Your checklist: `PENDING`, `SUBMITTED` or `COMPLETE`.</param>
    /// <param name="CreatedAt">The time when it was placed.</param>
    /// <param name="UpdatedAt">The time of the last change.</param>
    internal sealed record OrderEntry(
        string OrderIdentifier, string Kind, string Status, string? Tier, decimal? Amount, long AmountMinor, long RefundedMinor, string Currency,
        IReadOnlyList<OrderItem> Items, OrderShipping? Shipping, DateTime? Deadline, int RevisionsLeft, string? FilesUrl, string? FinalPackageUrl,
        string ChecklistStatus, DateTime CreatedAt, DateTime UpdatedAt)
    {
        public static OrderEntry Of(Order o) => new(o.OrderIdentifier, o.Kind, o.Status, o.Tier, MajorUnits.Of(o.AmountMinor, o.Currency), o.AmountMinor,
            o.RefundedMinor, o.Currency, o.Items, o.Shipping, o.Deadline, o.RevisionsLeft, o.FilesUrl, o.FinalPackageUrl, o.ChecklistStatus, o.CreatedAt,
            o.UpdatedAt);
    }
}
