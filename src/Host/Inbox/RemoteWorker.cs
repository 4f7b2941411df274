using System.Collections.Concurrent;
using BillingMonolith.Audit;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BillingMonolith.Host.Inbox;

/// <summary>
/// The remote lane: events whose steps call other systems. Each event asks Stripe once how things stand, under the lock of its subject;
/// then its steps run beside each other, each with its own transaction, end and retries.
/// </summary>
internal sealed class RemoteWorker(
    StepQueue queue, InboxBell bell, EventReading reading, IServiceScopeFactory scopes, StepRunner runner, Failures failures,
    NpgsqlDataSource database, IOptions<InboxOptions> options, ILogger<RemoteWorker> log)
    : BackgroundService
{
    private const int StepsPerEvent = 3;
    private readonly ConcurrentDictionary<Task, bool> running = new();
    private readonly CancellationTokenSource drained = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.RemoteEvents == 0) return;
        using var slots = new SemaphoreSlim(options.Value.RemoteEvents);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (!await ClaimAsync(slots, stoppingToken)) await Pause.UntilDueAsync(queue, bell, Lane.Remote, options.Value, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.LogError(e, "The remote lane stumbled; it goes on in a second");
                await Pause.ShortlyAsync(bell, Lane.Remote, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        // Finish what has begun; what does not finish in time is given back for another host.
        drained.CancelAfter(TimeSpan.FromSeconds(options.Value.DrainSeconds));
        await Task.WhenAll(running.Keys);
    }

    public override void Dispose()
    {
        drained.Dispose();
        base.Dispose();
    }

    private async Task<bool> ClaimAsync(SemaphoreSlim slots, CancellationToken stopping)
    {
        await slots.WaitAsync(stopping);
        slots.Release();
        var claimed = await queue.ClaimAsync(Lane.Remote, slots.CurrentCount * StepsPerEvent, stopping);
        foreach (var steps in claimed.GroupBy(c => c.Lease.EventId))
        {
            var task = RunAsync([.. steps], slots, stopping);
            running[task] = true;
            _ = task.ContinueWith(done => running.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            if (steps.Any(s => s.IsLapsed)) await task.WaitAsync(stopping); // it may end this process too: nothing new beside it
        }

        return claimed.Count > 0;
    }

    private async Task RunAsync(IReadOnlyList<ClaimedStep> steps, SemaphoreSlim slots, CancellationToken stopping)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(drained.Token);
        limit.CancelAfter(options.Value.StepTimeout);
        await slots.WaitAsync(CancellationToken.None);
        try
        {
            await RunEventAsync(steps, limit.Token, stopping);
        }
        catch (Exception e)
        {
            foreach (var step in steps) await failures.HandleAsync(step.Lease, e, stopping.IsCancellationRequested);
        }
        finally
        {
            slots.Release();
        }
    }

    private async Task RunEventAsync(IReadOnlyList<ClaimedStep> steps, CancellationToken cancellationToken, CancellationToken stopping)
    {
        var (happening, end) = reading.Read(steps[0]);
        if (end is not null)
        {
            await runner.EndAsync([.. steps.Select(s => (s.Lease, end))], cancellationToken);
            return;
        }

        await using var alone = await SubjectLock.TakeAsync(database, happening!.Subjects, options.Value.Lease, cancellationToken);
        await using var scope = scopes.CreateAsyncScope();
        var truth = await scope.ServiceProvider.GetRequiredService<StripeTruth>().OfAsync(happening, steps.Max(s => s.Lease.Attempt), cancellationToken);
        if (truth is { NeedsUser: true, UserId: null })
        {
            var unlinked = new Outcome.Parked($"Unlinked payment: {truth.WhyNoUser} Say whose it is: link {truth.PayerId} <user id>.")
            {
                WaitsFor = truth.PayerId,
            };
            await runner.EndAsync([.. steps.Select(s => (s.Lease, (Outcome)unlinked))], cancellationToken);
            return;
        }

        var commands = Routes.For(truth).ToDictionary(c => c.GetType().Name);
        await Task.WhenAll(steps.Select(s => RunStepAsync(s.Lease, commands.GetValueOrDefault(s.Lease.Command), cancellationToken, stopping)));
    }

    private async Task RunStepAsync(StepLease lease, IStep? command, CancellationToken cancellationToken, CancellationToken stopping)
    {
        try
        {
            await (command switch
            {
                IRemoteStep remote => runner.RunAsync(lease, remote, cancellationToken),
                ILocalStep local => runner.RunAsync([(lease, local)], cancellationToken),
                _ => runner.EndAsync([(lease, new Outcome.Ignored("No longer a route of this event."))], cancellationToken),
            });
        }
        catch (Exception e)
        {
            await failures.HandleAsync(lease, e, stopping.IsCancellationRequested);
        }
    }
}
