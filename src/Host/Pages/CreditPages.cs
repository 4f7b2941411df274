using System.Security.Claims;
using BillingMonolith.Credits;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Api;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace BillingMonolith.Host.Pages;

/// <summary>What a buyer sees: what is there, what can be bought, what was.</summary>
internal static class CreditPages
{
    private const int RecentCount = 40;
    private const int PageSize = 25;

    public static void Map(IEndpointRouteBuilder pages)
    {
        var credits = pages.MapGroup("/credits").RequireAuthorization(Policies.User);
        credits.MapGet("/", OverviewAsync);
        credits.MapPost("/buy", BuyAsync).WithMetadata(Limit.Purchases);
        credits.MapGet("/return", ReturnAsync);
        credits.MapGet("/purchases", PurchasesAsync);
        credits.MapGet("/activity", ActivityAsync);
    }

    private static async Task<RazorComponentResult<Credits>> OverviewAsync(
        ClaimsPrincipal caller, PackageList packages, IMediator mediator, CancellationToken cancellationToken) =>
        new RazorComponentResult<Credits>(new
        {
            Balance = await mediator.Send(new ReadBalance(caller.UserId!), cancellationToken),
            Packages = await packages.ForSaleAsync(cancellationToken),
            Recent = (await mediator.Send(new ReadTransactions(caller.UserId!, RecentCount, Offset: 0, Before: null), cancellationToken)).Transactions,
        });

    private static async Task<RazorComponentResult<CreditActivity>> ActivityAsync(
        ClaimsPrincipal caller, string? cursor, IMediator mediator, CancellationToken cancellationToken)
    {
        var page = await mediator.Send(new ReadTransactions(caller.UserId!, PageSize, Offset: 0, Cursor.Read<long?>(cursor)), cancellationToken);
        return new RazorComponentResult<CreditActivity>(new
        {
            page.Transactions,
            Older = page.HasMore ? Cursor.Of(page.Transactions[^1].Id) : null,
        });
    }
}
