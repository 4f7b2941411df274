using System.Globalization;
using System.Net;
using System.Security.Claims;
using BillingMonolith.Billing;
using BillingMonolith.Credits;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Checkout;
using BillingMonolith.Host.Http;
using BillingMonolith.Identity;
using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Stripe;

namespace BillingMonolith.Host.Pages;

/// <summary>The user's pages of their plan and its changes. They use the API's own queries and changes.</summary>
internal static class SubscriptionPages
{
    private const string Home = "/subscription";
    private const long LastSecond = 253_402_300_800; // of the year 9999

    public static void Map(IEndpointRouteBuilder pages)
    {
        var plan = pages.MapGroup(Home).RequireAuthorization(Policies.User);
        plan.MapGet("", OverviewAsync);
        plan.MapGet("/change", PreviewAsync);
        plan.MapGet("/return", ReturnAsync);
        plan.MapPost("/subscribe", SubscribeAsync).WithMetadata(Limit.Purchases);
        plan.MapPost("/change", ChangeAsync).WithMetadata(Limit.Purchases);
        plan.MapPost("/cancel", CancelAsync);
        plan.MapPost("/resume", ResumeAsync);
        plan.MapPost("/portal", PortalAsync).WithMetadata(Limit.Purchases);
    }

    private static async Task<RazorComponentResult<SubscriptionOverview>> OverviewAsync(
        ClaimsPrincipal caller, string? cycle, string? done, PlanOffers offers, IMediator mediator, CancellationToken cancellationToken)
    {
        var user = caller.UserId!;
        var own = (await mediator.Send(new ReadSubscriptions(user), cancellationToken)).FirstOrDefault(s => s.IsLive);
        return new(new
        {
            Own = own,
            Standing = await mediator.Send(new ReadEntitlement(user), cancellationToken),
            Has = await mediator.Send(new ReadFeatures(user), cancellationToken),
            Tiers = await offers.ForAsync(user, cancellationToken),
            Gives = await mediator.Send(new ReadTierFeatures(), cancellationToken),
            Allowances = await mediator.Send(new ReadAllowances(), cancellationToken),
            Cycle = BillingCycles.Of(cycle) ?? own?.Cycle ?? BillingCycle.Monthly,
            Done = done,
        });
    }

    private static async Task<RazorComponentResult<SubscriptionChange>> PreviewAsync(
        ClaimsPrincipal caller, string? tier, string? cycle, PlanRequests requests, CancellationToken cancellationToken) =>
        Confirm(await requests.PreviewAsync(caller.UserId!, tier ?? "", PlanOffers.Cycle(cycle ?? "", "cycle"), cancellationToken), refusal: null);

    private static RazorComponentResult<SubscriptionChange> Confirm(Preview p, string? refusal) => new(new
    {
        Own = p.Of,
        To = p.Change.To.Tier,
        p.Change.To.Price,
        IsNow = p.Change.Takes == Takes.Now,
        IsBack = p.Change.Takes == Takes.Back,
        CreditMinor = p.Settlement?.CreditMinor ?? 0,
        ChargeMinor = p.Settlement?.ChargeMinor ?? 0,
        DueMinor = p.Settlement?.DueMinor ?? 0,
        At = p.ProrationDate,
        p.NextBillingAt,
        Refusal = refusal,
    })
    {
        StatusCode = refusal is null ? null : StatusCodes.Status402PaymentRequired,
    };

    private static async Task<IResult> ChangeAsync(HttpContext context, PlanRequests requests, CancellationToken cancellationToken)
    {
        var form = await PageForm.ReadAsync(context, cancellationToken);
        var (caller, tier, cycle) = (context.User.UserId!, form["tier"].ToString(), PlanOffers.Cycle(form["cycle"].ToString(), "cycle"));
        var at = long.TryParse(form["at"], CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < LastSecond
            ? DateTimeOffset.FromUnixTimeSeconds(seconds) : default(DateTimeOffset?);
        try
        {
            var changed = await requests.GrantAsync(caller, tier, cycle, at, Problem.TraceId(context), cancellationToken);
            return Done(changed.Status);
        }
        catch (RefusalException refused) when (refused.Status == HttpStatusCode.PaymentRequired)
        {
            return Confirm(await requests.PreviewAsync(caller, tier, cycle, cancellationToken), refused.Message);
        }
        catch (ValidationException)
        {
            // The preview has expired: here is a new one.
            return Results.LocalRedirect($"{Home}/change?tier={Uri.EscapeDataString(tier)}&cycle={cycle.Word()}");
        }
    }

    private static async Task<RedirectHttpResult> SubscribeAsync(HttpContext context, PlanCheckout checkout, CancellationToken cancellationToken)
    {
        var form = await PageForm.ReadAsync(context, cancellationToken);
        var order = new PlanOrder(form["tier"].ToString(), form["cycle"].ToString());
        var opened = await checkout.OpenAsync(Buyer.Of(context.User), order, key: null, Problem.TraceId(context), cancellationToken);
        return TypedResults.Redirect(opened.CheckoutUrl!);
    }

    private static async Task<IResult> CancelAsync(HttpContext context, SubscriptionChanges changes, CancellationToken cancellationToken)
    {
        var form = await PageForm.ReadAsync(context, cancellationToken);
        await changes.CancelAsync(context.User.UserId!, form["subscription"].ToString(), atPeriodEnd: true, Problem.TraceId(context), cancellationToken);
        return Done("canceled");
    }

    private static async Task<IResult> ResumeAsync(HttpContext context, SubscriptionChanges changes, CancellationToken cancellationToken)
    {
        var form = await PageForm.ReadAsync(context, cancellationToken);
        return Done((await changes.ResumeAsync(context.User.UserId!, form["subscription"].ToString(), Problem.TraceId(context), cancellationToken)).Status);
    }

    private static async Task<RedirectHttpResult> PortalAsync(HttpContext context, Portal portal, CancellationToken cancellationToken)
    {
        await PageForm.ReadAsync(context, cancellationToken);
        return TypedResults.Redirect(await portal.OpenAsync(context.User.UserId!, cancellationToken));
    }

    private static async Task<RazorComponentResult<SubscriptionReturn>> ReturnAsync(
        HttpContext context, string? session_id, PlanCompletion completion, IMediator mediator, CancellationToken cancellationToken)
    {
        var (caller, session) = (context.User.UserId!, session_id ?? "");
        string? status;
        try
        {
            status = await completion.CompleteAsync(caller, session, Problem.TraceId(context), cancellationToken);
        }
        catch (Exception e) when (e is StripeException or RetryAfterException)
        {
            status = await mediator.Send(new FindCheckout(caller, session), cancellationToken) is null ? null : "waiting"; // for the webhook, or a refresh
        }

        if (status is null)
            throw new RefusalException(HttpStatusCode.NotFound, "checkout-not-found", "You have no such checkout. Are you signed in as who subscribed?");
        var own = (await mediator.Send(new ReadSubscriptions(caller), cancellationToken)).FirstOrDefault(s => s.IsLive);
        return new(new { Status = status, Plan = own?.TierName });
    }

    private static IResult Done(string status) => Results.LocalRedirect($"{Home}?done={status}");
}
