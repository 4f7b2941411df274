using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BillingMonolith.SharedKernel;

/// <summary>
/// Claims due work under a lease and runs it, several at once. Any host may die at any point: the lease expires, and another host continues.
/// A host that is stopped finishes the work that it has begun.
/// </summary>
/// <param name="name">The name in the log.</param>
/// <param name="options">The lengths of leases and polls.</param>
/// <param name="log">The log for errors.</param>
public abstract class ClaimingWorker(string name, IOptions<InboxOptions> options, ILogger log) : BackgroundService
{
    private readonly ConcurrentDictionary<Task, bool> running = new();
    private readonly CancellationTokenSource drained = new();
    private SemaphoreSlim? slots;

    /// <summary>The lengths of leases, polls and the rest.</summary>
    protected InboxOptions Options => options.Value;

    /// <summary>The log for errors.</summary>
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

    /// <summary>Claims due work for so many free slots, and starts it; false when nothing was due.</summary>
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

        // Finish the started work; work that does not finish in time is released for another host.
        drained.CancelAfter(TimeSpan.FromSeconds(Options.DrainSeconds));
        await Task.WhenAll(running.Keys);
    }

    /// <summary>Runs it as soon as a slot is free. The wait counts, because the lease runs.</summary>
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
