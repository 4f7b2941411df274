using BillingMonolith.Billing;
using MediatR;

namespace BillingMonolith.Host.Commands;

/// <summary>The command <c>setup lago</c>.</summary>
internal static class SetupLago
{
    public static async Task RunAsync(IServiceProvider services, SetupRun run, CancellationToken cancellationToken)
    {
        await using var scope = services.CreateAsyncScope();
        var (plans, failure) = await scope.ServiceProvider.GetRequiredService<IMediator>()
            .Send(new SetUpLagoPlans("command line", run.DryRun, run), cancellationToken);
        foreach (var plan in plans)
        {
            var what = $"plan {plan.Code} (tier {plan.TierId})";
            if (plan.Problem is { } problem) run.Open(what, plan.Terms, plan.Code, problem);
            else run.Done(what, plan.Terms, plan.Created && run.DryRun ? "-" : plan.Code, plan.Created ? StripeOffers.Created : SetupRun.Unchanged);
        }

        if (failure is not null) run.Fail($"Lago could not be set up: {failure} What was created before stands; run it again when this is mended.");
    }
}
