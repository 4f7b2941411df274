using BillingMonolith.Credits;
using BillingMonolith.SharedKernel;
using MediatR;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Checkout;

/// <summary>
/// Pays the due top-ups. A host that takes one over looks up the payment first, and Stripe's event about it ends it
/// as well.
/// </summary>
internal sealed class TopUpWorker(IServiceScopeFactory scopes, Backoff backoff, IOptions<InboxOptions> options, ILogger<TopUpWorker> log)
    : ClaimingWorker("Automatic top-up", options, log)
{
    public const string Channel = "top_ups";
    private readonly WakeUp wakeUp = new();

    /// <summary>There is something to do.</summary>
    public void Notify() => wakeUp.Notify();

    public override void Dispose()
    {
        wakeUp.Dispose();
        base.Dispose();
    }

    protected override int AtOnce => 8;

    protected override async Task<bool> ClaimAsync(int free, CancellationToken stopping)
    {
        var claimed = await SendAsync(new ClaimTopUps(free, Options.Lease), stopping);
        foreach (var due in claimed) _ = Begin(limit => PayAsync(due, limit));
        return claimed.Count > 0;
    }

    protected override Task UntilDueAsync(CancellationToken stopping) => wakeUp.WaitAsync(TimeSpan.FromSeconds(Options.PollSeconds), stopping);

    private async Task PayAsync(DueTopUp due, CancellationToken cancellationToken)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var settled = await scope.ServiceProvider.GetRequiredService<TopUpPayments>().MakeAsync(due, cancellationToken);
            if (settled is null)
            {
                await PostponeAsync(due, failure: null, "Stripe has not decided on it.");
                return;
            }

            var mediator = scope.ServiceProvider.GetRequiredService<IMediator>();
            if (await mediator.Send(new StepSet<SettleTopUp>([settled]), CancellationToken.None) is [Outcome.Parked parked])
                await PostponeAsync(due, failure: null, parked.Reason);
        }
        catch (Exception e)
        {
            await PostponeAsync(due, e, $"{e.GetType().Name}: {e.Message}");
        }
    }

    // When this cannot be written either, the lease expires by itself.
    private async Task PostponeAsync(DueTopUp due, Exception? failure, string error)
    {
        var delay = backoff.Delay(due.Attempt, failure);
        Log.LogWarning("Top-up {PurchaseId} (try {Attempt}) has no end yet, again in {Delay:0.0} s: {Reason}",
            due.PurchaseId, due.Attempt, delay.TotalSeconds, error);
        try
        {
            await SendAsync(new PostponeTopUp(due.PurchaseId, due.Attempt, delay, error), CancellationToken.None);
        }
        catch (Exception e)
        {
            Log.LogWarning("That could not be recorded ({Reason}); its lease will run out", e.Message);
        }
    }

    private async Task<T> SendAsync<T>(IRequest<T> command, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(command, cancellationToken);
    }
}
