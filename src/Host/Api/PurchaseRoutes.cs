using System.ComponentModel;
using System.Net;
using BillingMonolith.Credits;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Checkout;
using BillingMonolith.Host.Http;
using BillingMonolith.SharedKernel;
using Microsoft.AspNetCore.Http.HttpResults;

namespace BillingMonolith.Host.Api;

/// <summary>Buying a package: the way to Stripe's page, and the way back.</summary>
internal static class PurchaseRoutes
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var credits = api.MapGroup("/billing/credits").RequireAuthorization(Policies.User).WithTags("Credits");
        credits.MapPost("/purchase", BuyAsync).WithName("buyPackage").WithSummary("Buy a package of credits")
            .WithDescription("Opens a checkout at Stripe: send the buyer to `checkout_url`. The credits come when it is paid. A purchase that was "
                + "answered 503, or not at all, goes on when it is repeated with the same `Idempotency-Key`; without one, each request is a purchase of "
                + "its own.")
            .WithMetadata(Limit.Purchases, new Refuses(404, "package-not-found"), new Refuses(409, "purchase-expired"),
                new Refuses(409, "purchase-completed"), new Refuses(422, "currency-not-offered"), new Example(
                Request: """{"package_code": "pro", "success_url": "https://app.example.com/thanks?session_id={CHECKOUT_SESSION_ID}"}""",
                Response: """
                    {"checkout_url": "https://checkout.stripe.com/c/pay/cs_test_a1b2c3", "session_id": "cs_test_a1b2c3",
                      "purchase_id": "019aa0f2-6f0e-7bb1-8a53-5b1f0a4b6f5e"}
                    """));
        credits.MapPost("/purchases/{session_id}/complete", CompleteAsync).WithName("completePurchase").WithSummary("Complete a purchase on return")
            .WithDescription("For the page to which the buyer comes back: does at once what the webhook does, whichever comes first, and says where the "
                + "purchase stands. Repeat it as often as you like.")
            .WithMetadata(new Refuses(404, "purchase-not-found"), new Example(Response: """
                {"purchase_id": "019aa0f2-6f0e-7bb1-8a53-5b1f0a4b6f5e", "status": "completed", "credits": 10000, "balance": 10250}
                """));
    }

    private static async Task<Ok<OpenedCheckout>> BuyAsync(
        IdempotencyKey? key, NewPurchase asked, HttpContext context, PackCheckout checkout, Replay replay, CancellationToken cancellationToken)
    {
        var order = new PackOrder(asked.PackageCode, asked.SuccessUrl, asked.CancelUrl, asked.Currency, asked.SavePaymentMethod);
        var opened = await checkout.BuyAsync(Buyer.Of(context.User), order, key?.Value.Key, Problem.TraceId(context), cancellationToken);
        replay.Happened = opened.IsRepeat;
        return TypedResults.Ok(new OpenedCheckout(opened.CheckoutUrl!, opened.SessionId!, opened.Id));
    }

    private static async Task<Ok<PurchaseState>> CompleteAsync(
        HttpContext context, Completion completion, [Description("Stripe's id of the checkout session, `cs_…`.")] string session_id,
        CancellationToken cancellationToken) =>
        TypedResults.Ok(await completion.CompleteAsync(context.User.UserId!, session_id, Problem.TraceId(context), cancellationToken)
            ?? throw new RefusalException(HttpStatusCode.NotFound, "purchase-not-found", "You have no purchase with this session."));

    /// <summary>The package to buy, and the pages to open afterwards.</summary>
    /// <param name="PackageCode">One of the list of packages.</param>
    /// <param name="SuccessUrl">The page to open after payment: on the public origin or one of `Credits:ReturnOrigins`. Stripe puts the session's
    /// id in place of `{CHECKOUT_SESSION_ID}`. Absent = this service's own page.</param>
    /// <param name="CancelUrl">The page to open when the buyer leaves without paying, under the same rule.</param>
    /// <param name="Currency">One of the package's, as ISO 4217 in lower case; absent = its default.</param>
    /// <param name="SavePaymentMethod">True keeps the card for automatic top-up (`PUT /auto-topup`).</param>
    internal sealed record NewPurchase(
        string PackageCode, string? SuccessUrl = null, string? CancelUrl = null, string? Currency = null, bool SavePaymentMethod = false);

    /// <summary>A checkout that waits for the buyer.</summary>
    /// <param name="CheckoutUrl">Stripe's page, open for 24 hours.</param>
    /// <param name="SessionId">Stripe's id of the checkout session.</param>
    /// <param name="PurchaseId">The purchase, with the id that it has in the history.</param>
    internal sealed record OpenedCheckout(string CheckoutUrl, string SessionId, Guid PurchaseId);
}
