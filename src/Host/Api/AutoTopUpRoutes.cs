using System.Net;
using System.Security.Claims;
using BillingMonolith.Credits;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Http;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Identity;
using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Stripe;

namespace BillingMonolith.Host.Api;

/// <summary>Automatic top-up, as its user configures it.</summary>
internal static class AutoTopUpRoutes
{
    private const string Shown = """
        {"state": "active", "package_code": "standard", "threshold": 500, "monthly_cap_minor": 13500, "currency": "usd",
          "payment_method_id": "pm_1QqAb2LkdIwHu7ix", "charged_this_month_minor": 4500, "cap_reached": false, "under_way": false,
          "stopped_reason": null, "reason": null}
        """;

    public static void Map(IEndpointRouteBuilder api)
    {
        var topUp = api.MapGroup("/billing/credits").RequireAuthorization(Policies.User).WithTags("Credits");
        topUp.MapGet("/auto-topup", ReadAsync).WithName("readAutoTopUp").WithSummary("How automatic top-up stands")
            .WithDescription("Whether it is on, what it has charged this month, and why it does not buy if it does not.")
            .WithMetadata(new Example(Response: Shown));
        topUp.MapPut("/auto-topup", SetAsync).WithName("setAutoTopUp").WithSummary("Turn automatic top-up on, or change it")
            .WithDescription("When your balance falls below the threshold, the pack is bought with your saved card, at most up to the cap in a calendar "
                + "month (UTC). It stops when the card is declined or the bank wants you to confirm; save the settings again to start it again. If your "
                + "balance is below the threshold now, a pack is bought at once.")
            .WithMetadata(new Refuses(404, "package-not-found"), new Refuses(404, "payment-method-not-found"), new Refuses(409, "no-payment-method"),
                new Example(
                    Request: """{"package_code": "standard", "threshold": 500, "monthly_cap_minor": 13500, "payment_method_id": "pm_1QqAb2LkdIwHu7ix"}""",
                    Response: Shown));
        topUp.MapDelete("/auto-topup", DropAsync).WithName("dropAutoTopUp").WithSummary("Turn automatic top-up off")
            .WithDescription("A payment that has begun ends as it ends; no further one begins.");
    }

    private static async Task<Ok<AutoTopUp>> ReadAsync(IMediator mediator, ClaimsPrincipal caller, CancellationToken cancellationToken) =>
        TypedResults.Ok(await mediator.Send(new ReadAutoTopUp(caller.UserId!), cancellationToken));

    // Stripe is called before the transaction opens, and after all checks that do not need Stripe.
    private static async Task<Ok<AutoTopUp>> SetAsync(
        NewAutoTopUp wanted, HttpContext context, IMediator mediator, IValidator<SetAutoTopUp> validator, PaymentMethodService methods,
        CancellationToken cancellationToken)
    {
        var user = context.User.UserId!;
        var command = new SetAutoTopUp(Problem.TraceId(context), user, wanted.PackageCode, wanted.Threshold, wanted.MonthlyCapMinor, "", "");
        await validator.ValidateAndThrowAsync(command, cancellationToken);
        var customer = await mediator.Send(new FindCustomer(user), cancellationToken);
        var method = wanted.PaymentMethodId is { } named
            ? await OwnAsync(methods, customer, named, cancellationToken)
            : await NewestAsync(methods, customer, cancellationToken);
        return TypedResults.Ok(await mediator.Send(command with { StripeCustomerId = customer!, PaymentMethodId = method }, cancellationToken));
    }

    private static async Task<NoContent> DropAsync(HttpContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        await mediator.Send(new DropAutoTopUp(Problem.TraceId(context), context.User.UserId!), cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<string> OwnAsync(PaymentMethodService methods, string? customer, string id, CancellationToken cancellationToken)
    {
        try
        {
            if (customer is not null && (await methods.GetAsync(id, cancellationToken: cancellationToken)).CustomerId == customer) return id;
        }
        catch (StripeException e) when (e.IsNotFound)
        {
            // the caller cannot distinguish another user's from a missing one
        }

        throw new RefusalException(HttpStatusCode.NotFound, "payment-method-not-found", "You have no saved card with this payment_method_id.");
    }

    private static async Task<string> NewestAsync(PaymentMethodService methods, string? customer, CancellationToken cancellationToken)
    {
        try
        {
            var newest = new PaymentMethodListOptions { Customer = customer ?? "", Type = "card", Limit = 1 };
            if (customer is not null && (await methods.ListAsync(newest, cancellationToken: cancellationToken)).Data is [var card]) return card.Id;
        }
        catch (StripeException e) when (e.IsNotFound)
        {
            // the customer was deleted, and the cards with it
        }

        throw new RefusalException(HttpStatusCode.Conflict, "no-payment-method",
            "You have no saved card. Buy a pack with save_payment_method: true (POST /api/v1/billing/credits/purchase) and it is kept for this.");
    }

    /// <summary>The settings of automatic top-up.</summary>
    /// <param name="PackageCode">The pack to buy (`GET /api/v1/billing/credits/packages`), at its price in its default currency.</param>
    /// <param name="Threshold">1 to 1000000 credits: a pack is bought when the balance falls below.</param>
    /// <param name="MonthlyCapMinor">The limit on charges in a calendar month, in the currency's minor unit; at least the pack's price.</param>
    /// <param name="PaymentMethodId">A saved card; absent = the last saved one.</param>
    internal sealed record NewAutoTopUp(string PackageCode, long Threshold, long MonthlyCapMinor, string? PaymentMethodId = null);
}
