using System.ComponentModel;
using System.Security.Claims;
using BillingMonolith.Credits;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Http;
using BillingMonolith.Identity;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace BillingMonolith.Host.Api;

/// <summary>A user's credits and their history.</summary>
internal static class LedgerRoutes
{
    private const int DefaultLimit = 50;

    public static void Map(IEndpointRouteBuilder api)
    {
        var credits = api.MapGroup("/billing/credits").RequireAuthorization(Policies.User).WithTags("Credits");
        credits.MapGet("/balance", BalanceAsync).WithName("getBalance").WithSummary("Your credits")
            .WithDescription("The balance is what is available, reserved and frozen together, and for a minute or so also what has just ended.")
            .WithMetadata(new Example(Response: """
                {"user_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "balance": 1060, "reserved": 25, "available": 1035, "frozen": 0, "debt": 0,
                  "expiring_soon": 60, "next_expiry_at": "2026-11-27T09:41:07Z", "tier": "professional", "low_balance": false,
                  "last_updated": "2026-11-20T09:41:08.5Z"}
                """));
        credits.MapGet("/transactions", TransactionsAsync).WithName("listTransactions").WithSummary("Your credits' history")
            .WithDescription("Every entry of your ledger with the balance after it, the latest first.")
            .WithMetadata(new Example(Response: """
                {"transactions": [{"id": 1042, "kind": "consume", "amount": -5, "balance_after": 995, "debt": 0, "debt_after": 0, "reason": "Image upscaled",
                  "reference": "job-17", "source": "consume:7c9e6679-7425-40de-944b-e07fc1f90ae7:4711", "created_at": "2026-11-20T09:41:08.5Z"}],
                  "offset": 0, "limit": 50, "next_cursor": null}
                """));
    }

    private static async Task<Ok<OwnBalance>> BalanceAsync(IMediator mediator, ClaimsPrincipal caller, CancellationToken cancellationToken)
    {
        var b = await mediator.Send(new ReadBalance(caller.UserId!), cancellationToken);
        var tier = await mediator.Send(new ReadTier(caller.UserId!), cancellationToken);
        return TypedResults.Ok(new OwnBalance(caller.UserId!, b.Balance, b.Reserved, b.Available, b.Frozen, b.Debt, b.ExpiringSoon, b.NextExpiryAt, tier,
            b.LowBalance, b.LastUpdated));
    }

    private static async Task<Ok<OwnTransactions>> TransactionsAsync(
        IMediator mediator, ClaimsPrincipal caller,
        [Description("Transactions per page, 1 to 200; 50 without it.")] int? limit,
        [Description("Transactions to skip, 0 to 100000; beyond that follow the cursor.")] int? offset,
        [Description("`next_cursor` of the page before.")] string? cursor,
        CancellationToken cancellationToken)
    {
        var query = new ReadTransactions(caller.UserId!, limit ?? DefaultLimit, offset ?? 0, Cursor.Read<Position>(cursor)?.Id);
        var page = await mediator.Send(query, cancellationToken);
        var next = page.HasMore ? Cursor.Of(new Position(page.Transactions[^1].Id)) : null;
        return TypedResults.Ok(new OwnTransactions(page.Transactions, query.Offset, query.Limit, next));
    }

    /// <summary>A user's credits.</summary>
    /// <param name="UserId">The Keycloak user id.</param>
    /// <param name="Balance">All credits that the user owns.</param>
    /// <param name="Reserved">Held by open reservations.</param>
    /// <param name="Available">Credits that can be spent now: not held, not frozen, not ended.</param>
    /// <param name="Frozen">Credits of a purchase in dispute.</param>
    /// <param name="Debt">Credits that were refunded after they were spent; the next grant repays them.</param>
    /// <param name="ExpiringSoon">The part of the available credits that ends within seven days.</param>
    /// <param name="NextExpiryAt">The earliest end among the available credits; null = never.</param>
    /// <param name="Tier">The plan.</param>
    /// <param name="LowBalance">Whether the balance is below the service's threshold.</param>
    /// <param name="LastUpdated">The last change of the balance; null = there was none.</param>
    internal sealed record OwnBalance(string UserId, long Balance, long Reserved, long Available, long Frozen, long Debt, long ExpiringSoon,
        DateTime? NextExpiryAt, string Tier, bool LowBalance, DateTime? LastUpdated);

    /// <summary>A page of transactions.</summary>
    /// <param name="Transactions">The latest first.</param>
    /// <param name="Offset">How many were skipped.</param>
    /// <param name="Limit">At most so many are on a page.</param>
    /// <param name="NextCursor">Send it as `cursor` for the next page; null on the last one.</param>
    internal sealed record OwnTransactions(IReadOnlyList<CreditTransaction> Transactions, int Offset, int Limit, string? NextCursor);

    internal sealed record Position(long Id);
}
