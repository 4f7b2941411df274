using System.Net;
using System.Security.Claims;
using BillingMonolith.Credits;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Api;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Checkout;
using BillingMonolith.Host.Http;
using BillingMonolith.SharedKernel;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Stripe;

namespace BillingMonolith.Host.Pages;

/// <summary>The buyer's pages: the balance, the packages and the history. They use the API's own queries and checkout.</summary>
internal static class CreditPages
{
    private const int RecentCount = 40;
    private const int PageSize = 25;

    public static void Map(IEndpointRouteBuilder pages)
    {
        var credits = pages.MapGroup("").RequireAuthorization(Policies.User);
        credits.MapGet("/credits", OverviewAsync);
        credits.MapPost("/credits/buy", BuyAsync).WithMetadata(Limit.Purchases);
        credits.MapGet("/credits/return", ReturnAsync);
        credits.MapGet("/credits/purchases", PurchasesAsync);
        credits.MapGet("/credits/activity", ActivityAsync);
    }

    private static async Task<RazorComponentResult<CreditOverview>> OverviewAsync(
        ClaimsPrincipal caller, PackageList packages, IMediator mediator, CancellationToken cancellationToken) => new(new
        {
            Balance = await mediator.Send(new ReadBalance(caller.UserId!), cancellationToken),
            Packages = await packages.ForSaleAsync(cancellationToken),
            Recent = (await mediator.Send(new ReadTransactions(caller.UserId!, RecentCount, Offset: 0, Before: null), cancellationToken)).Transactions,
        });

    // The form carries a key of its own: submitted twice, or again after an error, it is one purchase.
    private static async Task<RedirectHttpResult> BuyAsync(HttpContext context, PackCheckout checkout, CancellationToken cancellationToken)
    {
        var form = await PageForm.ReadAsync(context, cancellationToken);
        var order = new PackOrder(form["package_code"].ToString(), Currency: form["currency"].ToString() is { Length: > 0 } currency ? currency : null);
        var key = form["key"].ToString() is { Length: > 0 and <= 64 } given ? given : null;
        var purchase = await checkout.BuyAsync(Buyer.Of(context.User), order, key, Problem.TraceId(context), cancellationToken);
        return TypedResults.Redirect(purchase.CheckoutUrl!); // 302: a browser follows a form's answer with GET
    }

    private static async Task<RazorComponentResult<PurchaseReturn>> ReturnAsync(
        HttpContext context, string? session_id, Completion completion, IMediator mediator, CancellationToken cancellationToken)
    {
        var (caller, session) = (context.User.UserId!, session_id ?? "");
        PurchaseState? purchase;
        try
        {
            purchase = await completion.CompleteAsync(caller, session, Problem.TraceId(context), cancellationToken);
        }
        catch (Exception e) when (e is StripeException or RetryAfterException)
        {
            purchase = await mediator.Send(new FindPurchase(caller, session), cancellationToken); // the webhook brings it, or the next refresh
        }

        return purchase is null
            ? throw new RefusalException(HttpStatusCode.NotFound, "purchase-not-found", "You have no such purchase. Are you signed in as who bought it?")
            : new RazorComponentResult<PurchaseReturn>(new { purchase.Status, purchase.Credits, purchase.Balance });
    }

    private static async Task<RazorComponentResult<CreditPurchases>> PurchasesAsync(
        ClaimsPrincipal caller, string? cursor, IMediator mediator, CancellationToken cancellationToken)
    {
        var query = new ReadHistory(caller.UserId!, PageSize, Offset: 0, Cursor.Read<PurchasePosition>(cursor));
        var page = await mediator.Send(query, cancellationToken);
        return new RazorComponentResult<CreditPurchases>(new { page.Purchases, Older = page.Next is { } next ? Cursor.Of(next) : null });
    }

    private static async Task<RazorComponentResult<CreditActivity>> ActivityAsync(
        ClaimsPrincipal caller, string? cursor, IMediator mediator, CancellationToken cancellationToken)
    {
        var query = new ReadTransactions(caller.UserId!, PageSize, Offset: 0, Cursor.Read<LedgerRoutes.Position>(cursor)?.Id);
        var page = await mediator.Send(query, cancellationToken);
        var older = page.HasMore ? Cursor.Of(new LedgerRoutes.Position(page.Transactions[^1].Id)) : null;
        return new RazorComponentResult<CreditActivity>(new { page.Transactions, Older = older });
    }
}
