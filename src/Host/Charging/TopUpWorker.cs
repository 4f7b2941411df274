using BillingMonolith.Audit;
using BillingMonolith.Credits;
using BillingMonolith.Host.Inbox;
using MediatR;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Charging;

/// <summary>
/// Pays the top-ups that are due. Any host may die at any point: its lease runs out, another one looks what became of the payment, and the event that
/// Stripe sends of it ends it as well.
/// </summary>
internal sealed class TopUpWorker(IServiceScopeFactory scopes, Backoff backoff, IOptions<InboxOptions> options, TimeProvider time, ILogger<TopUpWorker> log)
    : BackgroundService
{
    public const string Channel = "top_ups";
    private const int AtOnce = 8;
    private readonly SemaphoreSlim bell = new(0, 1);

    /// <summary>There is something to do.</summary>
    public void Ring()
    {
        lock (bell)
        {
            if (bell.CurrentCount == 0) bell.Release();
        }
    }

    public override void Dispose()
    {
        bell.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.RemoteEvents == 0) return; // a host that leaves calls to others
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var due = await SendAsync(new ClaimTopUps(AtOnce, options.Value.Lease), stoppingToken);
                await Task.WhenAll(due.Select(PayAsync)); // not cancelled by a stop: what was asked for is heard out
                if (due.Count == 0) await bell.WaitAsync(TimeSpan.FromSeconds(options.Value.PollSeconds), stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.LogError(e, "Automatic top-up stumbled; it goes on in a second");
                await Task.Delay(TimeSpan.FromSeconds(1), time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task PayAsync(DueTopUp due)
    {
        using var limit = new CancellationTokenSource(options.Value.StepTimeout, time);
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var settled = await scope.ServiceProvider.GetRequiredService<TopUpPayments>().MakeAsync(due, limit.Token);
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

    // When this cannot be written either, the lease runs out by itself.
    private async Task PostponeAsync(DueTopUp due, Exception? failure, string error)
    {
        var delay = backoff.Delay(due.Attempt, failure);
        log.LogWarning("Top-up {PurchaseId} (try {Attempt}) has no end yet, again in {Delay:0.0} s: {Reason}",
            due.PurchaseId, due.Attempt, delay.TotalSeconds, error);
        try
        {
            await SendAsync(new PostponeTopUp(due.PurchaseId, due.Attempt, delay, error), CancellationToken.None);
        }
        catch (Exception e)
        {
            log.LogWarning("That could not be recorded ({Reason}); its lease will run out", e.Message);
        }
    }

    private async Task<T> SendAsync<T>(IRequest<T> command, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(command, cancellationToken);
    }
}
