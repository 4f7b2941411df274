using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BillingMonolith.SharedKernel;

/// <summary>
/// Claims what is due under a lease and carries it out, several at once. Any host may die at any point: the lease runs out, and another host goes on. One
/// that is stopped hears out what it has begun.
/// </summary>
/// <param name="name">As the log calls it.</param>
/// <param name="options">How long a lease is.</param>
/// <param name="log">Where it says what went wrong.</param>
public abstract class ClaimingWorker(string name, IOptions<InboxOptions> options, ILogger log) : BackgroundService
{
    private readonly ConcurrentDictionary<Task, bool> running = new();
    private readonly CancellationTokenSource drained = new();
    private SemaphoreSlim? slots;

    /// <summary>How long leases, polls and the rest are.</summary>
    protected InboxOptions Options => options.Value;

    /// <summary>Where the worker says what went wrong.</summary>
    protected ILogger Log => log;

    /// <inheritdoc/>
    public override void Dispose()
    {
        slots?.Dispose();
        drained.Dispose();
        base.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>How many at once; 0 = none.</summary>
    protected abstract int AtOnce { get; }

    /// <summary>Claims what is due, for so many free slots, and begins it; false when nothing was.</summary>
    protected abstract Task<bool> ClaimAsync(int free, CancellationToken stopping);

    /// <summary>Waits until something may be due.</summary>
    protected abstract Task UntilDueAsync(CancellationToken stopping);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (AtOnce == 0 || Options.RemoteEvents == 0) return; // a host that leaves calls to others
        slots = new SemaphoreSlim(AtOnce);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await slots.WaitAsync(stoppingToken);
                slots.Release();
                if (!await ClaimAsync(Math.Max(1, slots.CurrentCount), stoppingToken)) await UntilDueAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.LogError(e, "{Worker} stumbled; it goes on in a second", name);
                await Task.Delay(TimeSpan.FromSeconds(1), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        // Finish what has begun; what does not finish in time is given back for another host.
        drained.CancelAfter(TimeSpan.FromSeconds(Options.DrainSeconds));
        await Task.WhenAll(running.Keys);
    }

    /// <summary>Carries it out as soon as a slot is free. Waiting counts: the lease runs.</summary>
    protected Task Begin(Func<CancellationToken, Task> act)
    {
        var task = RunAsync(act);
        running[task] = true;
        _ = task.ContinueWith(done => running.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return task;
    }

    private async Task RunAsync(Func<CancellationToken, Task> act)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(drained.Token);
        limit.CancelAfter(Options.StepTimeout);
        await slots!.WaitAsync(CancellationToken.None);
        try
        {
            await act(limit.Token);
        }
        finally
        {
            slots.Release();
        }
    }
}
