using BillingMonolith.Audit;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Reconcile;

/// <summary>Reconciles by itself. Every host looks whether it is time, by when any of them last did it; of those that find it is, one runs.</summary>
internal sealed class ScheduledReconcile(
    IServiceScopeFactory scopes, ReconcileRuns runs, IOptions<ReconcileOptions> options, TimeProvider time, Random random, ILogger<ScheduledReconcile> log)
    : BackgroundService
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.EveryHours == 0) return;
        var every = TimeSpan.FromHours(options.Value.EveryHours);
        while (!stoppingToken.IsCancellationRequested)
        {
            // Not at once: a host that starts has better things to do, and hosts that started together do not ask together.
            var look = every / 4 < Longest ? every / 4 : Longest;
            await Task.Delay(look * (0.5 + random.NextDouble()), time, stoppingToken);
            try
            {
                if (await runs.SinceLastAsync(stoppingToken) is { } ago && ago < every) continue;
                var request = new ReconcileRequest(TimeSpan.FromDays(options.Value.SinceDays), options.Value.Apply, Force: false, "schedule");
                await using var scope = scopes.CreateAsyncScope();
                Tell(await scope.ServiceProvider.GetRequiredService<Reconciler>().RunAsync(request, watch: null, stoppingToken));
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

    private void Tell(ReconcileReport report)
    {
        var left = report.Findings.Count(f => f.State != Finding.Repaired);
        log.Log(left > 0 || report.Run.Missing > 0 ? LogLevel.Warning : LogLevel.Information,
            "Reconcile run {Run} is {State}: {Events} events at Stripe, {Missing} were missing and taken in; {Compared} compared, {Found} drifted, {Left} left. {Message}",
            report.Run.Id, report.Run.State, report.Run.Events, report.Run.Missing, report.Run.Compared, report.Findings.Count, left, report.Run.Message);
    }
}
