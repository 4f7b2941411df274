using System.Security.Claims;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Api;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Checkout;
using BillingMonolith.Host.Http;
using BillingMonolith.Orders;
using BillingMonolith.SharedKernel;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace BillingMonolith.Host.Pages;

/// <summary>The buyer's pages of orders: the return from the checkout, the list, and a single order.</summary>
internal static class OrderPages
{
    public const string ReturnPath = "/order/checkout-session-success";
    private const int PageSize = 25;
    private const string Unknown = "There is no such order, or it belongs to an account that is not signed in here.";

    public static void Map(IEndpointRouteBuilder pages)
    {
        pages.MapGet(ReturnPath, ReturnAsync).AllowAnonymous(); // everyone who knows its session may see a guest's order (OrderReturns)
        pages.MapGet("/orders", ListAsync).RequireAuthorization(Policies.User);
        pages.MapGet("/orders/{order_identifier}", OneAsync).RequireAuthorization(Policies.User);
    }

    // Programs get {order_identifier, status}, as the predecessor's shop expects it; a browser gets a page.
    private static async Task<IResult> ReturnAsync(HttpContext context, string? session_id, OrderReturns returns, CancellationToken cancellationToken)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.Vary = "Accept, Cookie, Authorization";
        var who = new Returning(context.User.IsService ? null : context.User.UserId, context.Connection.RemoteIpAddress);
        var found = await returns.FindAsync(who, session_id ?? "", Problem.TraceId(context), cancellationToken);
        if (!context.Request.GetTypedHeaders().Accept.Any(a => a.MediaType == "text/html"))
        {
            return found is null
                ? throw new RefusalException(System.Net.HttpStatusCode.NotFound, "order-not-found", Unknown)
                : Results.Json(new { order_identifier = found.Order?.OrderIdentifier, status = found.Status }, StrictJson.Plain);
        }

        return new RazorComponentResult<OrderThanks>(new { found?.Order, found?.Status, Words = Unknown })
        {
            StatusCode = found is null ? StatusCodes.Status404NotFound : StatusCodes.Status200OK,
        };
    }

    private static async Task<RazorComponentResult<Orders>> ListAsync(
        ClaimsPrincipal caller, string? cursor, IMediator mediator, CancellationToken cancellationToken)
    {
        var page = await mediator.Send(new ReadOwnOrders(caller.UserId!, PageSize, Cursor.Read<OrderPosition>(cursor)), cancellationToken);
        return new RazorComponentResult<Orders>(new { List = page.Orders, Older = page.Next is { } next ? Cursor.Of(next) : null });
    }

    private static async Task<RazorComponentResult<OrderDetails>> OneAsync(
        ClaimsPrincipal caller, string order_identifier, IMediator mediator, CancellationToken cancellationToken) =>
        new(new { Order = await OrderRoutes.OwnAsync(mediator, caller.UserId!, order_identifier, cancellationToken) });
}
