using BillingMonolith.Host.Neighbours;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Health;

/// <summary>
/// The checks' latest results. A check runs on request when its last run is older than its period; concurrent requests share the run. So
/// a flood of probes costs the neighbours nothing, and none waits longer than the limit.
/// </summary>
internal sealed class Readiness
{
    /// <summary>The time after which a hanging check is abandoned.</summary>
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);
    private readonly IReadOnlyList<Kept> checks;
    private readonly TimeProvider time;

    public Readiness(HealthCheckService service, IOptions<HealthCheckServiceOptions> options, TimeProvider time, ILogger<Readiness> log)
    {
        this.time = time;
        checks = [.. options.Value.Registrations.Select(r => new Kept(r, service, time, log))];
    }

    public async Task<HealthReport> ReportAsync()
    {
        var begun = time.GetTimestamp();
        var entries = await Task.WhenAll(checks.Select(async c => KeyValuePair.Create(c.Name, await c.ResultAsync())));
        return new HealthReport(entries.ToDictionary(), time.GetElapsedTime(begun));
    }

    private sealed class Kept(HealthCheckRegistration check, HealthCheckService service, TimeProvider time, ILogger<Readiness> log)
    {
        private readonly Lock gate = new();
        private Task<HealthReportEntry>? run;
        private long begun;
        private HealthStatus status = HealthStatus.Healthy;

        public string Name => check.Name;

        public Task<HealthReportEntry> ResultAsync()
        {
            lock (gate)
            {
                if (run is null || (run.IsCompleted && time.GetElapsedTime(begun) >= (check.Period ?? Period)))
                {
                    begun = time.GetTimestamp();
                    run = RunAsync();
                }

                return run;
            }
        }

        private async Task<HealthReportEntry> RunAsync()
        {
            var entry = await JudgeAsync();
            if (entry.Status == status) return entry;
            status = entry.Status;
            if (status == HealthStatus.Healthy) log.LogInformation("Health check {Check} is healthy again", check.Name);
            else log.Log(status == HealthStatus.Degraded ? LogLevel.Warning : LogLevel.Error, "Health check {Check} is {Status}: {Reason}",
                check.Name, status, entry.Description);
            return entry;
        }

        // The run belongs to no request: it continues when the first caller disconnects.
        private async Task<HealthReportEntry> JudgeAsync()
        {
            try
            {
                var report = await service.CheckHealthAsync(r => r == check, CancellationToken.None).WaitAsync(ProbeLimit, time);
                return report.Entries[check.Name];
            }
            catch (TimeoutException)
            {
                return new HealthReportEntry(check.FailureStatus, $"No result after {ProbeLimit.TotalSeconds:0} s.", ProbeLimit, exception: null, data: null);
            }
        }
    }
}

internal static class ReadinessRegistration
{
    /// <summary>
    /// Adds the host's own checks to those of the rooms. Only the database makes a host unready, because hosts out of rotation for a neighbour's
    /// outage would stop the intake, and Stripe's events must be stored.
    /// </summary>
    public static IServiceCollection AddReadiness(this IServiceCollection services)
    {
        services.AddHealthChecks()
            .AddCheck<DatabaseHealth>("database", HealthStatus.Unhealthy)
            .AddCheck<StripeHealth>("stripe", HealthStatus.Degraded);
        return services.AddSingleton<Readiness>().PostConfigure<HealthCheckServiceOptions>(options =>
        {
            foreach (var check in options.Registrations)
            {
                check.Timeout = ResilienceRegistration.HealthLimit;
                if (check.FailureStatus == HealthStatus.Unhealthy) check.Period = TimeSpan.FromSeconds(1); // our own, cheap, and decisive: both ways at once
            }
        });
    }
}
