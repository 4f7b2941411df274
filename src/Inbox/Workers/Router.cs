using BillingMonolith.SharedKernel;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BillingMonolith.Inbox;

/// <summary>A step that is ready to run, with its command.</summary>
internal sealed record ReadyStep(StepLease Lease, IStep Step);

/// <summary>
/// The first step of every event: asks the plan which steps follow, and stores them. Steps of the local lane are
/// handed back with a lease, to be run at once from the event just read.
/// </summary>
internal sealed class Router(IEventPlan plan, IServiceScopeFactory scopes, IOptions<InboxOptions> options)
{
    public async Task<IReadOnlyList<ReadyStep>> RouteAsync(IReadOnlyList<ClaimedStep> claimed, CancellationToken cancellationToken)
    {
        var routed = claimed.Select(Route).ToList();
        await using var scope = scopes.CreateAsyncScope();
        var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var connection = await work.OpenAsync(cancellationToken);
        await StepEnds.WriteAsync(work, routed.ConvertAll(r => (r.Lease, r.End)), cancellationToken);
        var inserted = await InsertAsync(connection, [.. routed.SelectMany(r => r.Steps.Select(s => (r.Lease.EventId, r.Lane, Step: s)))], cancellationToken);
        await work.CommitAsync(cancellationToken);
        return [.. routed.Where(r => r.Lane == StepLane.Local).SelectMany(r => r.Steps
            .Where(s => inserted.Contains((r.Lease.EventId, StepKinds.Of(s))))
            .Select(s => new ReadyStep(new StepLease(r.Lease.EventId, StepKinds.Of(s), Attempt: 1), s)))];
    }

    private Routed Route(ClaimedStep claimed)
    {
        var (read, end) = plan.Read(claimed, options.Value);
        if (end is not null) return new Routed(claimed.Lease, end, StepLane.Local, []);
        var steps = read!.Steps();
        if (steps.Count == 0 && claimed.PlanVersion > plan.Version) throw new NewerHostNeededException(claimed.Kind, read.Type);
        return steps.Count > 0
            ? new Routed(claimed.Lease, Outcome.Done, read.Lane, steps)
            : new Routed(claimed.Lease, new Outcome.Ignored("Nothing follows from this event: see Routes."), read.Lane, []);
    }

    private async Task<HashSet<(string, string)>> InsertAsync(
        NpgsqlConnection connection, IReadOnlyList<(string EventId, string Lane, IStep Step)> steps, CancellationToken cancellationToken)
    {
        if (steps.Count == 0) return [];
        var inserted = await connection.QueryAsync<(string, string)>(new CommandDefinition($"""
            INSERT INTO inbox_steps (event_id, command, plan_version, lane, attempts, next_attempt_at)
            SELECT event_id, command, @version, lane, CASE lane WHEN '{StepLane.Local}' THEN 1 ELSE 0 END,
              now() + CASE lane WHEN '{StepLane.Local}' THEN @lease ELSE interval '0' END
            FROM unnest(@Events, @Commands, @Lanes) AS s (event_id, command, lane)
            ON CONFLICT (event_id, command) DO NOTHING
            RETURNING event_id, command
            """,
            new
            {
                Events = steps.Select(s => s.EventId).ToArray(),
                Commands = steps.Select(s => StepKinds.Of(s.Step)).ToArray(),
                Lanes = steps.Select(s => s.Lane).ToArray(),
                version = plan.Version,
                lease = options.Value.Lease,
            },
            cancellationToken: cancellationToken));
        return [.. inserted];
    }

    private sealed record Routed(StepLease Lease, Outcome End, string Lane, IReadOnlyList<IStep> Steps);
}
