using BillingMonolith.Audit;
using BillingMonolith.Host.Routing;
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
    : ClaimingWorker("The remote lane", options, log)
{
    private const int StepsPerEvent = 3;

    protected override int AtOnce => Options.RemoteEvents;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await StripeWarmUp.DoneAsync();
        await base.ExecuteAsync(stoppingToken);
    }

    protected override async Task<bool> ClaimAsync(int free, CancellationToken stopping)
    {
        var claimed = await queue.ClaimAsync(Lane.Remote, free * StepsPerEvent, stopping);
        foreach (var steps in claimed.GroupBy(c => c.Lease.EventId))
        {
            var task = Begin(limit => RunAsync([.. steps], limit, stopping));
            if (steps.Any(s => s.IsLapsed)) await task.WaitAsync(stopping); // it may end this process too: nothing new beside it
        }

        return claimed.Count > 0;
    }

    protected override Task UntilDueAsync(CancellationToken stopping) => Pause.UntilDueAsync(queue, bell, Lane.Remote, Options, stopping);

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
        var (happening, end) = reading.Read(steps[0]);
        if (end is not null)
        {
            await runner.EndAsync([.. steps.Select(s => (s.Lease, end))], cancellationToken);
            return;
        }

        await using var alone = await SubjectLock.TakeAsync(database, happening!.Subjects, Options.Lease, cancellationToken);
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

        var commands = Routes.For(truth).ToDictionary(StepKinds.Of);
        await Task.WhenAll(steps.Select(s => RunStepAsync(s, truth.Event.Type, commands.GetValueOrDefault(s.Kind), cancellationToken, stopping)));
    }

    private async Task RunStepAsync(
        ClaimedStep step, string eventType, IStep? command, CancellationToken cancellationToken, CancellationToken stopping)
    {
        var lease = step.Lease;
        try
        {
            await (command switch
            {
                IRemoteStep remote => runner.RunAsync(lease, remote, cancellationToken),
                ILocalStep local => runner.RunAsync([(lease, local)], cancellationToken),
                _ => runner.EndAsync([(lease, NewerSteps.Left(step, eventType))], cancellationToken),
            });
        }
        catch (Exception e)
        {
            await failures.HandleAsync(lease, e, stopping.IsCancellationRequested);
        }
    }
}
