using BillingMonolith.SharedKernel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BillingMonolith.Inbox;

/// <summary>
/// The remote lane: events whose steps call other systems. Each event asks its source once for the present state, under the lock of its subject;
/// then its steps run in parallel, each with its own transaction, end and retries.
/// </summary>
internal sealed class RemoteWorker(
    StepQueue queue, InboxWakeUp wakeUp, IEventPlan plan, IServiceScopeFactory scopes, StepRunner runner, Failures failures,
    NpgsqlDataSource database, IOptions<InboxOptions> options, ILogger<RemoteWorker> log)
    : ClaimingWorker("The remote lane", options, log)
{
    private const int StepsPerEvent = 3;

    protected override int AtOnce => Options.RemoteEvents;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await plan.ReadyAsync();
        await base.ExecuteAsync(stoppingToken);
    }

    protected override async Task<bool> ClaimAsync(int free, CancellationToken stopping)
    {
        var claimed = await queue.ClaimAsync(StepLane.Remote, free * StepsPerEvent, stopping);
        foreach (var steps in claimed.GroupBy(c => c.Lease.EventId))
        {
            var task = Begin(limit => RunAsync([.. steps], limit, stopping));
            if (steps.Any(s => s.IsLapsed)) await task.WaitAsync(stopping); // it may crash this process too: start nothing new beside it
        }

        return claimed.Count > 0;
    }

    protected override Task UntilDueAsync(CancellationToken stopping) => Pause.UntilDueAsync(queue, wakeUp, StepLane.Remote, Options, stopping);

    private async Task RunAsync(IReadOnlyList<ClaimedStep> steps, CancellationToken cancellationToken, CancellationToken stopping)
    {
        try
        {
            await RunEventAsync(steps, cancellationToken, stopping);
        }
        catch (Exception e)
        {
            foreach (var step in steps) await failures.HandleAsync(step.Lease, e, stopping.IsCancellationRequested);
        }
    }

    private async Task RunEventAsync(IReadOnlyList<ClaimedStep> steps, CancellationToken cancellationToken, CancellationToken stopping)
    {
        var (read, end) = plan.Read(steps[0], Options);
        if (read is null)
        {
            await EndAsync(steps, end!, cancellationToken);
            return;
        }

        await using var alone = await SubjectLock.TakeAsync(database, read.Subjects, Options.Lease, cancellationToken);
        await using var scope = scopes.CreateAsyncScope();
        var (now, over) = await read.LookUpAsync(scope.ServiceProvider, steps.Max(s => s.Lease.Attempt), cancellationToken);
        if (now is null)
        {
            await EndAsync(steps, over!, cancellationToken);
            return;
        }

        var commands = now.Steps().ToDictionary(StepKinds.Of);
        await Task.WhenAll(steps.Select(s => RunStepAsync(s, now, commands.GetValueOrDefault(s.Kind), cancellationToken, stopping)));
    }

    private Task EndAsync(IReadOnlyList<ClaimedStep> steps, Outcome end, CancellationToken cancellationToken) =>
        runner.EndAsync([.. steps.Select(s => (s.Lease, end))], cancellationToken);

    private async Task RunStepAsync(
        ClaimedStep step, PlannedEvent read, IStep? command, CancellationToken cancellationToken, CancellationToken stopping)
    {
        var lease = step.Lease;
        try
        {
            await (command switch
            {
                IRemoteStep remote => runner.RunAsync(lease, remote, cancellationToken),
                ILocalStep local => runner.RunAsync([(lease, local)], cancellationToken),
                _ => runner.EndAsync([(lease, NewerSteps.Left(step, read, plan))], cancellationToken),
            });
        }
        catch (Exception e)
        {
            await failures.HandleAsync(lease, e, stopping.IsCancellationRequested);
        }
    }
}
