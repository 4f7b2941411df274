using System.Globalization;
using BillingMonolith.Credits;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Http;
using BillingMonolith.SharedKernel;
using FluentValidation;
using FluentValidation.Results;
using MediatR;

namespace BillingMonolith.Host.Api;

/// <summary>All users' purchases for administrators, in pages or as one CSV file.</summary>
internal static class AdminPurchaseRoutes
{
    private static readonly string[] Head =
    [
        "id", "user_id", "user_email", "package_code", "package_name", "amount_credits", "amount_paid", "amount_paid_minor", "refunded_minor", "currency",
        "status", "failure_reason", "created_at", "completed_at", "stripe_payment_id", "stripe_checkout_session_id", "stripe_payment_intent_id",
        "stripe_customer_id",
    ];

    public static void Map(IEndpointRouteBuilder api) => api.MapGet("/billing/credits/admin/purchases", ReadAsync).RequireAuthorization(Policies.Admin)
        .WithName("readPurchases").WithTags("Credits").WithSummary("Everybody's purchases")
        .WithDescription("The newest first. All filters that are given must match. With `format=csv` the answer is one file of everything that matches.")
        .Produces<AdminPurchases>(StatusCodes.Status200OK, "application/json", "text/csv")
        .WithMetadata(new Example(Response: """
            {"purchases": [{
              "id": "019aa0f2-6f0e-7bb1-8a53-5b1f0a4b6f5e", "user_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "user_email": "ada@example.com",
              "package_code": "pro", "package_name": "Pro Pack", "amount_credits": 10000, "amount_paid": 80.00, "amount_paid_minor": 8000,
              "refunded_minor": 0, "currency": "usd", "status": "completed", "failure_reason": null, "created_at": "2026-11-20T09:40:51Z",
              "completed_at": "2026-11-20T09:41:08.5Z", "stripe_payment_id": "pi_3QqAb2LkdIwHu7ix", "stripe_checkout_session_id": "cs_test_a1b2c3",
              "stripe_payment_intent_id": "pi_3QqAb2LkdIwHu7ix", "stripe_customer_id": "cus_Nff7"}], "limit": 100, "offset": 0, "next_cursor": null}
            """));

    private static async Task<IResult> ReadAsync([AsParameters] Asked asked, IMediator mediator, CancellationToken cancellationToken)
    {
        if (asked.Format is not (null or "json" or "csv")) throw new ValidationException([new ValidationFailure(nameof(asked.Format), "json or csv.")]);
        var query = asked.Query();
        if (asked.Format is "csv") return await ExportAsync(query, mediator, cancellationToken);
        var page = await mediator.Send(query, cancellationToken);
        return TypedResults.Ok(new AdminPurchases([.. page.Purchases.Select(AdminPurchase.Of)], query.Limit, query.Offset,
            page.Next is { } next ? Cursor.Of(next) : null));
    }

    private static async Task<IResult> ExportAsync(ReadPurchases query, IMediator mediator, CancellationToken cancellationToken)
    {
        var first = await mediator.Send(query with { Limit = Csv.PageSize, Offset = 0 }, cancellationToken);
        return Csv.File("purchases.csv", Head, first, p => p.Purchases.Select(Cells), async page => page.Next is { } next
            ? await mediator.Send(query with { Limit = Csv.PageSize, Offset = 0, After = next }, cancellationToken)
            : null);
    }

    private static IEnumerable<string?> Cells(Purchase p) =>
    [
        p.Id.ToString(), p.UserId, p.UserEmail, p.PackageCode, p.PackageName, Number(p.Credits), MajorUnits.Of(p.AmountPaidMinor, p.Currency)?.ToString(
            CultureInfo.InvariantCulture), Number(p.AmountPaidMinor), Number(p.RefundedMinor), p.Currency, p.Status, p.FailureReason, Time(p.CreatedAt),
        Time(p.CompletedAt), p.StripePaymentId, p.StripeCheckoutSessionId, p.StripePaymentIntentId, p.StripeCustomerId,
    ];

    private static string? Number(long? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static string? Time(DateTime? time) => time?.ToString("O", CultureInfo.InvariantCulture);

    /// <summary>A page of purchases.</summary>
    /// <param name="Purchases">The newest first.</param>
    /// <param name="Limit">At most so many are on a page.</param>
    /// <param name="Offset">How many were skipped.</param>
    /// <param name="NextCursor">Send it as `cursor` for the next page; null on the last one.</param>
    internal sealed record AdminPurchases(IReadOnlyList<AdminPurchase> Purchases, int Limit, int Offset, string? NextCursor);

    /// <summary>A purchase and its buyer.</summary>
    /// <param name="Id">Its id.</param>
    /// <param name="UserId">The buyer: the Keycloak user id.</param>
    /// <param name="UserEmail">The buyer's e-mail address at the start; null for a session that another shop opened.</param>
    /// <param name="PackageCode">The package's code.</param>
    /// <param name="PackageName">The package's name when it was sold.</param>
    /// <param name="AmountCredits">The credits that it gives.</param>
    /// <param name="AmountPaid">The amount paid, in the currency's major unit; null until then.</param>
    /// <param name="AmountPaidMinor">The same in the currency's minor unit: use this one for calculations.</param>
    /// <param name="RefundedMinor">The refunded amount, in the minor unit.</param>
    /// <param name="Currency">ISO 4217, lower case.</param>
    /// <param name="Status">`pending`, `processing`, `completed`, `failed`, `refunded` or `disputed`.</param>
    /// <param name="FailureReason">The reason for a failure.</param>
    /// <param name="CreatedAt">The time when it was begun.</param>
    /// <param name="CompletedAt">The time when the credits were granted; null until then.</param>
    /// <param name="StripePaymentId">Stripe's id of the payment; null when nothing had to be paid.</param>
    /// <param name="StripeCheckoutSessionId">Stripe's id of the checkout session; an automatic top-up has none.</param>
    /// <param name="StripePaymentIntentId">Stripe's id of the payment intent.</param>
    /// <param name="StripeCustomerId">Stripe's id of the buyer.</param>
    internal sealed record AdminPurchase(
        Guid Id, string UserId, string? UserEmail, string PackageCode, string PackageName, long AmountCredits, decimal? AmountPaid, long? AmountPaidMinor,
        long RefundedMinor, string Currency, string Status, string? FailureReason, DateTime CreatedAt, DateTime? CompletedAt, string? StripePaymentId,
        string? StripeCheckoutSessionId, string? StripePaymentIntentId, string? StripeCustomerId)
    {
        public static AdminPurchase Of(Purchase p) => new(p.Id, p.UserId, p.UserEmail, p.PackageCode, p.PackageName, p.Credits,
            MajorUnits.Of(p.AmountPaidMinor, p.Currency), p.AmountPaidMinor, p.RefundedMinor, p.Currency, p.Status, p.FailureReason, p.CreatedAt, p.CompletedAt,
            p.StripePaymentId, p.StripeCheckoutSessionId, p.StripePaymentIntentId, p.StripeCustomerId);
    }

    /// <summary>The filters.</summary>
    /// <param name="Status">`pending`, `processing`, `completed`, `failed`, `refunded` or `disputed`.</param>
    /// <param name="User">The buyer's Keycloak user id or e-mail address.</param>
    /// <param name="Package">The package's code.</param>
    /// <param name="From">Begun at this time or later.</param>
    /// <param name="To">Begun before this time.</param>
    /// <param name="Offset">Purchases to skip, 0 to 100000; beyond that follow the cursor.</param>
    /// <param name="Limit">Purchases per page, 1 to 1000; 100 by default.</param>
    /// <param name="Cursor">`next_cursor` of the previous page.</param>
    /// <param name="Format">`json`, or `csv` for one file of everything that matches.</param>
    internal sealed record Asked(string? Status, string? User, string? Package, DateTimeOffset? From, DateTimeOffset? To, int? Offset, int? Limit,
        string? Cursor, string? Format)
    {
        public ReadPurchases Query()
        {
            var query = new ReadPurchases
            {
                Status = Status, User = User, Package = Package, From = From, To = To, Offset = Offset ?? 0,
                After = Http.Cursor.Read<PurchasePosition>(Cursor),
            };
            return Limit is { } limit ? query with { Limit = limit } : query;
        }
    }
}
