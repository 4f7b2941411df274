using BillingMonolith.Host.Access;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Checkout;
using BillingMonolith.Host.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace BillingMonolith.Host.Api;

/// <summary>Stripe's own pages for invoices and cards.</summary>
internal static class PortalRoutes
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var billing = api.MapGroup("/billing").RequireAuthorization(Policies.User).WithTags("Subscriptions");
        billing.MapPost("/portal/create", CreateAsync).WithName("openPortal").WithSummary("Open Stripe's portal")
            .WithDescription("Where you see your invoices and change your card. The address is good for a short time, and for you alone.")
            .WithMetadata(Limit.Purchases, new Refuses(404, "customer-not-found"),
                new Example(Response: """{"portal_url": "https://billing.stripe.com/p/session/test_YWNjdF8x"}"""));
        billing.MapGet("/payment-methods", ReadAsync).WithName("readPaymentMethods").WithSummary("Your cards")
            .WithDescription("Those that Stripe keeps for you, the newest first; none before you bought anything.")
            .WithMetadata(new Example(Response: """
                [{"id": "pm_1QqAb2LkdIwHu7ix", "brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2034}]
                """));
    }

    private static async Task<Ok<OpenedPortal>> CreateAsync(HttpContext context, Portal portal, CancellationToken cancellationToken) =>
        TypedResults.Ok(new OpenedPortal(await portal.OpenAsync(context.User.UserId!, cancellationToken)));

    private static async Task<Ok<IReadOnlyList<KeptCard>>> ReadAsync(HttpContext context, Portal portal, CancellationToken cancellationToken)
    {
        var cards = await portal.CardsAsync(context.User.UserId!, cancellationToken);
        return TypedResults.Ok<IReadOnlyList<KeptCard>>(
            [.. cards.Select(m => new KeptCard(m.Id, m.Card!.Brand, m.Card.Last4, m.Card.ExpMonth, m.Card.ExpYear))]);
    }

    /// <summary>A link to the portal.</summary>
    /// <param name="PortalUrl">The address to open.</param>
    internal sealed record OpenedPortal(string PortalUrl);

    /// <summary>The displayable data of a card.</summary>
    /// <param name="Id">Stripe's id.</param>
    /// <param name="Brand">Such as `visa`.</param>
    /// <param name="Last4">The last four digits.</param>
    /// <param name="ExpMonth">1 to 12.</param>
    /// <param name="ExpYear">Four digits.</param>
    internal sealed record KeptCard(string Id, string Brand, string? Last4, long ExpMonth, long ExpYear);
}
