using BillingMonolith.Host.Routing;
using BillingMonolith.SharedKernel;
using MediatR;
using Microsoft.Extensions.Options;
using Npgsql;
using Stripe;

namespace BillingMonolith.Host.Checkout;

/// <summary>
/// After a user's change at Stripe: runs the webhook's commands at once, so that the next page shows the result. A failure
/// here is harmless, because the event is on its way, and its steps are retried until they end.
/// </summary>
internal sealed class ApplyNow(
    IServiceScopeFactory scopes, UnitOfWork work, StripeLookup stripe, NpgsqlDataSource database, IOptions<InboxOptions> options,
    ILogger<ApplyNow> log)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    /// <summary>Nobody else changes or processes this user's subscription meanwhile, on any host.</summary>
    public Task<IAsyncDisposable> AloneAsync(CancellationToken cancellationToken, params string[] subjects) =>
        SubjectLock.TakeAsync(database, subjects.Order(StringComparer.Ordinal), options.Value.Lease, cancellationToken);

    /// <summary>Applies Stripe's present state of a subscription, or of the one that a paid session sold. The caller holds the lock.</summary>
    /// <returns>The subscription; null when Stripe did not answer.</returns>
    public async Task<Subscription?> FollowAsync(string userId, IHasId about, string cause, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            var now = await stripe.OfAsync(EventFacts.Fetched(about, userId, cause), attempt: 1, patience.Token);
            if (now.UserId is null) throw new InvalidOperationException($"Unlinked: {now.WhyNoUser}");
            await Task.WhenAll(Routes.For(now).Append(Routes.Planned(now)).Select(step => CarryOutAsync(step, patience.Token)));
            return now.Subscription;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Later(about.Id, e.Message);
            return null;
        }
    }

    private async Task CarryOutAsync(IStep step, CancellationToken cancellationToken)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            scope.ServiceProvider.GetRequiredService<UnitOfWork>().Actor = work.Actor;
            var mediator = scope.ServiceProvider.GetRequiredService<IMediator>();
            var outcomes = step is ILocalStep local ? await mediator.Send(StepSets.Of([local]), cancellationToken)
                : [await mediator.Send((IRemoteStep)step, cancellationToken)];
            if (outcomes is [Outcome.Parked parked]) Later(StepKinds.Of(step), parked.Reason);
        }
        catch (Exception e)
        {
            Later(StepKinds.Of(step), e.Message);
        }
    }

    private void Later(string? what, string reason) => log.LogWarning("{What} has to wait for Stripe's event: {Reason}", what, reason);
}
