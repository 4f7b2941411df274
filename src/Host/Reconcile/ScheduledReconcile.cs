using System.Threading.Channels;
using BillingMonolith.SharedKernel;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Reconcile;

/// <summary>
/// Reconciles on schedule, and on request over HTTP. Every host checks whether a run is due, by the last run of any host; of those that
/// find one due, one runs.
/// </summary>
internal sealed class ScheduledReconcile(
    IServiceScopeFactory scopes, ReconcileRuns runs, IOptions<ReconcileOptions> options, TimeProvider time, Random random, ILogger<ScheduledReconcile> log)
    : BackgroundService
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);
    private readonly Channel<ReconcileRun> asked = Channel.CreateUnbounded<ReconcileRun>(); // one at a time: BeginAsync refuses the others

    /// <summary>Begins a run, which this host then executes.</summary>
    /// <exception cref="RefusalException">Another one is under way.</exception>
    public async Task<ReconcileRun> BeginAsync(ReconcileRequest request, CancellationToken cancellationToken)
    {
        var (run, _) = await runs.BeginAsync(request, cancellationToken);
        asked.Writer.TryWrite(run);
        return run;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await NextAsync(stoppingToken) is not { } run) continue;
                await using var scope = scopes.CreateAsyncScope();
                Tell(await scope.ServiceProvider.GetRequiredService<Reconciler>().CarryOutAsync(run, watch: null, stoppingToken));
            }
            catch (RefusalException)
            {
                // another host does it
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.LogError("Reconcile failed and is tried again: {Reason}", e.Message);
            }
        }
    }

    // Not at once, because a starting host has more urgent work, and hosts that started together must not ask together.
    private async Task<ReconcileRun?> NextAsync(CancellationToken cancellationToken)
    {
        var every = TimeSpan.FromHours(options.Value.EveryHours);
        var look = every == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : (every / 4 < Longest ? every / 4 : Longest) * (0.5 + random.NextDouble());
        try
        {
            await asked.Reader.WaitToReadAsync(cancellationToken).AsTask().WaitAsync(look, time, cancellationToken);
            if (asked.Reader.TryRead(out var run)) return run;
        }
        catch (TimeoutException)
        {
            // nobody requested it
        }

        if (await runs.SinceLastAsync(cancellationToken) is { } ago && ago < every) return null;
        var request = new ReconcileRequest(TimeSpan.FromDays(options.Value.SinceDays), options.Value.Apply, Force: false, "schedule");
        return (await runs.BeginAsync(request, cancellationToken)).Run;
    }

    private void Tell(ReconcileReport report)
    {
        var left = report.Findings.Count(f => f.State != Finding.Repaired);
        log.Log(left > 0 || report.Run.Missing > 0 ? LogLevel.Warning : LogLevel.Information,
            "Reconcile run {Run} is {State}: {Events} events at Stripe, {Missing} were missing and taken in; {Compared} compared, {Found} drifted, "
            + "{Left} left. {Message}",
            report.Run.Id, report.Run.State, report.Run.Events, report.Run.Missing, report.Run.Compared, report.Findings.Count, left, report.Run.Message);
    }
}
