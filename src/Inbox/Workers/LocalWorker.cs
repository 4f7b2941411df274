using BillingMonolith.SharedKernel;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BillingMonolith.Inbox;

/// <summary>The local lane: routes events, and runs in sets the steps that need only our own database.</summary>
internal sealed class LocalWorker(
    StepQueue queue, InboxWakeUp wakeUp, Router router, IEventPlan plan, StepRunner runner, Failures failures,
    IOptions<InboxOptions> options, ILogger<LocalWorker> log)
    : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, options.Value.LocalWorkers).Select(_ => Task.Run(() => WorkAsync(stoppingToken), CancellationToken.None)));

    private async Task WorkAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var claimed = await queue.ClaimAsync(StepLane.Local, options.Value.Batch, stopping);
                if (claimed.Count > 0) await RunAsync(claimed, stopping);
                else await Pause.UntilDueAsync(queue, wakeUp, StepLane.Local, options.Value, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                log.LogError(e, "The local lane stumbled; it goes on in a second");
                await Task.Delay(TimeSpan.FromSeconds(1), stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task RunAsync(IReadOnlyList<ClaimedStep> claimed, CancellationToken stopping)
    {
        var ready = new List<ReadyStep>();
        var routes = claimed.Where(c => c.Kind == StepKinds.Route).ToList();
        await SetOrEachAsync(routes, r => r.Lease, async set => ready.AddRange(await router.RouteAsync(set, CancellationToken.None)), stopping);
        foreach (var step in claimed.Except(routes))
        {
            await SetOrEachAsync([step], s => s.Lease, async _ =>
            {
                var (again, end) = Again(step);
                if (again is ILocalStep) ready.Add(new ReadyStep(step.Lease, again));
                else if (again is null) await runner.EndAsync([(step.Lease, end!)], CancellationToken.None);
                else await queue.MoveAsync(step.Lease, StepLane.Remote, CancellationToken.None); // an older version had it in this lane
            }, stopping);
        }

        foreach (var kind in ready.GroupBy(r => r.Step.GetType()))
        {
            await SetOrEachAsync([.. kind], r => r.Lease,
                set => runner.RunAsync([.. set.Select(r => (r.Lease, (ILocalStep)r.Step))], CancellationToken.None), stopping);
        }
    }

    /// <summary>All together; if that fails, one by one, so that one failure does not hold up the others.</summary>
    private async Task SetOrEachAsync<T>(IReadOnlyList<T> items, Func<T, StepLease> leaseOf, Func<IReadOnlyList<T>, Task> run, CancellationToken stopping)
    {
        if (items.Count == 0) return;
        try
        {
            await run(items);
        }
        catch (Exception e) when (items.Count == 1)
        {
            await failures.HandleAsync(leaseOf(items[0]), e, stopping.IsCancellationRequested);
        }
        catch (NpgsqlException e) when (e is not PostgresException)
        {
            log.LogWarning("{Count} steps lost the database ({Reason}); they are claimed again when their lease runs out", items.Count, e.Message);
        }
        catch (Exception e)
        {
            log.LogWarning("A set of {Count} steps failed ({Reason}); they are run one by one", items.Count, e.Message);
            foreach (var item in items) await SetOrEachAsync([item], leaseOf, run, stopping);
        }
    }

    // A step that was routed earlier: its command, or the reason for having none, is read again from the event.
    private (IStep? Step, Outcome? End) Again(ClaimedStep claimed)
    {
        var (read, end) = plan.Read(claimed, options.Value);
        if (read is null) return (null, end);
        return read.Steps().FirstOrDefault(s => StepKinds.Of(s) == claimed.Kind) is { } step ? (step, null) : (null, NewerSteps.Left(claimed, read, plan));
    }
}

/// <summary>How a lane waits when no step is due.</summary>
internal static class Pause
{
    public static async Task UntilDueAsync(StepQueue queue, InboxWakeUp wakeUp, string lane, InboxOptions options, CancellationToken cancellationToken)
    {
        var poll = TimeSpan.FromSeconds(options.PollSeconds);
        var due = await queue.UntilNextAsync(lane, cancellationToken) ?? poll;
        await wakeUp.WaitAsync(lane, due < poll ? due + TimeSpan.FromMilliseconds(5) : poll, cancellationToken);
    }
}
