using System.ComponentModel;
using BillingMonolith.Credits;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Http;
using BillingMonolith.SharedKernel;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace BillingMonolith.Host.Api;

/// <summary>The caller's purchases.</summary>
internal static class HistoryRoutes
{
    private const int DefaultLimit = 50;

    public static void Map(IEndpointRouteBuilder api) => api.MapGet("/billing/credits/history", ReadAsync).RequireAuthorization(Policies.User)
        .WithName("readHistory").WithTags("Credits").WithSummary("Your purchases").WithDescription("The newest first.")
        .WithMetadata(new Example(Response: """
            {"purchases": [{
              "id": "019aa0f2-6f0e-7bb1-8a53-5b1f0a4b6f5e", "package_name": "Pro Pack", "amount_credits": 10000, "amount_paid": 80.00,
              "amount_paid_minor": 8000, "currency": "usd", "status": "completed", "created_at": "2026-11-20T09:40:51Z",
              "completed_at": "2026-11-20T09:41:08.5Z", "stripe_payment_id": "pi_3QqAb2LkdIwHu7ix"}],
              "limit": 50, "offset": 0, "next_cursor": null}
            """));

    private static async Task<Ok<History>> ReadAsync(
        HttpContext context, IMediator mediator,
        [Description("Purchases per page, 1 to 200; 50 without it.")] int? limit,
        [Description("Purchases to skip, 0 to 100000; beyond that follow the cursor.")] int? offset,
        [Description("`next_cursor` of the page before.")] string? cursor,
        CancellationToken cancellationToken)
    {
        var query = new ReadHistory(context.User.UserId!, limit ?? DefaultLimit, offset ?? 0, Cursor.Read<PurchasePosition>(cursor));
        var page = await mediator.Send(query, cancellationToken);
        return TypedResults.Ok(new History([.. page.Purchases.Select(PurchaseEntry.Of)], query.Limit, query.Offset,
            page.Next is { } next ? Cursor.Of(next) : null));
    }

    /// <summary>A page of purchases.</summary>
    /// <param name="Purchases">The newest first.</param>
    /// <param name="Limit">At most so many are on a page.</param>
    /// <param name="Offset">How many were skipped.</param>
    /// <param name="NextCursor">Send it as `cursor` for the next page; null on the last one.</param>
    internal sealed record History(IReadOnlyList<PurchaseEntry> Purchases, int Limit, int Offset, string? NextCursor);

    /// <summary>A purchase.</summary>
    /// <param name="Id">Its id.</param>
    /// <param name="PackageName">The package's name at the time of sale.</param>
    /// <param name="AmountCredits">The credits that it gives.</param>
    /// <param name="AmountPaid">The amount paid, in the currency's major unit (80.00 dollars, 1500 yen); null until then.</param>
    /// <param name="AmountPaidMinor">The same in the currency's minor unit: use this one for calculations.</param>
    /// <param name="Currency">ISO 4217, lower case.</param>
    /// <param name="Status">`pending`, `processing` (the money is on its way), `completed`, `failed`, `refunded` or `disputed`.</param>
    /// <param name="CreatedAt">The time when it was begun.</param>
    /// <param name="CompletedAt">The time when the credits were granted; null until then.</param>
    /// <param name="StripePaymentId">Stripe's id of the payment; null when nothing had to be paid.</param>
    internal sealed record PurchaseEntry(
        Guid Id, string PackageName, long AmountCredits, decimal? AmountPaid, long? AmountPaidMinor, string Currency, string Status, DateTime CreatedAt,
        DateTime? CompletedAt, string? StripePaymentId)
    {
        public static PurchaseEntry Of(Purchase p) => new(p.Id, p.PackageName, p.Credits, MajorUnits.Of(p.AmountPaidMinor, p.Currency), p.AmountPaidMinor,
            p.Currency, p.Status, p.CreatedAt, p.CompletedAt, p.StripePaymentId);
    }
}
