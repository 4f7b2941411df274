using BillingMonolith.SharedKernel;
using Dapper;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace BillingMonolith.Inbox;

/// <summary>
/// Whether the work gets done. Unhealthy: a step is due and no worker takes it. Parked steps are counted for a person. Steps of a newer version count as
/// unhealthy after ten minutes.
/// </summary>
internal sealed class InboxHealth(NpgsqlDataSource database, StepKinds kinds) : IHealthCheck
{
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(5);

    // Five reads at the head of an index; by the database's clock, as leases are.
    private static readonly string State = $"""
        SELECT (SELECT count(*) FROM inbox_steps WHERE outcome = 'parked'), coalesce(greatest(0, extract(epoch FROM now() - least(
          {Due(StepLane.Local, StepQueue.Waiting)}, {Due(StepLane.Local, StepQueue.Claimed)},
          {Due(StepLane.Remote, StepQueue.Waiting)}, {Due(StepLane.Remote, StepQueue.Claimed)}
        ))), 0)::float8,
          (SELECT count(*) FROM inbox_steps WHERE {NewerSteps.Unclaimed} {NewerSteps.ReportAfter})
        """;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var failed = context.Registration.FailureStatus;
        try
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            var (parked, due, newer) = await connection.QuerySingleAsync<(long, double, long)>(
                new CommandDefinition(State, new { known = kinds.Known }, cancellationToken: cancellationToken));
            var data = new Dictionary<string, object> { ["parked"] = parked, ["oldest_due_seconds"] = Math.Round(due), ["for_a_newer_host"] = newer };
            if (newer > 0)
            {
                return new HealthCheckResult(failed, $"{newer} step(s) have waited for ten minutes for a newer host: this version does not know their kinds, "
                    + "and leaves them alone. Start a host of the newer version.", data: data);
            }

            return due <= Late.TotalSeconds
                ? HealthCheckResult.Healthy(data: data)
                : new HealthCheckResult(failed, $"A step has been due for {TimeSpan.FromSeconds(Math.Round(due))}, and nobody takes it. Does a host run with "
                    + "Inbox__LocalWorkers and Inbox__RemoteEvents above 0, and what does its log say? If all are busy, start more.", data: data);
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException)
        {
            return new HealthCheckResult(failed, $"The inbox could not be read ({e.Message}): see the check of the database.");
        }
    }

    private static string Due(string lane, string which) =>
        $"(SELECT min(next_attempt_at) FROM inbox_steps WHERE lane = '{lane}' AND {which} AND command = ANY (@known))";
}
