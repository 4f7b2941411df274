using BillingMonolith.SharedKernel;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BillingMonolith.Inbox;

/// <summary>
/// Steps that a newer version wrote, seen by a host that does not know them: they stay open for one that does. Those that nobody took for ten minutes are
/// reported, those that nobody took for a day are parked; a host that knows them opens those again. None ever ends as ignored.
/// </summary>
internal sealed class NewerSteps(
    IServiceScopeFactory scopes, NpgsqlDataSource database, StepKinds kinds, IEventPlan plan, IOptions<InboxOptions> options, TimeProvider time, Random random,
    ILogger<NewerSteps> log)
    : Sweep("The look for steps of newer versions", time, random, log)
{
    /// <summary>Why such a step is parked. A host that knows its kind finds it by these words, so they never change.</summary>
    internal const string Reason =
        "It needs a newer host: no running version knows this kind of step. Start a host of the newer version, and it goes on by itself.";

    /// <summary>How long a step waits that this host has to leave to a newer one.</summary>
    internal static readonly TimeSpan Again = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Kinds that nobody has taken for ten minutes after they were due, and that are not known here (<c>@known</c>); a thousand and one at most.
    /// </summary>
    internal static readonly string Overdue = $"""
        (SELECT command FROM inbox_steps WHERE {StepQueue.Waiting} AND {Unknown} AND next_attempt_at <= now() - interval '10 minutes' LIMIT 1001)
        UNION ALL
        (SELECT command FROM inbox_steps WHERE {StepQueue.Claimed} AND {Unknown} AND next_attempt_at <= now() - interval '10 minutes' LIMIT 1001)
        """;

    private const string Unknown = $"lane IN ('{StepLane.Local}', '{StepLane.Remote}') AND command <> ALL (@known)";
    private const int Batch = 500;
    private string reported = "";

    /// <summary>
    /// How a step ends that does not follow from its event, as this version sees it. What a newer version wrote is left to that version.
    /// </summary>
    /// <exception cref="NewerHostNeededException">A newer version may know better.</exception>
    public static Outcome Left(ClaimedStep step, PlannedEvent read, IEventPlan plan) => step.PlanVersion <= plan.Version && read.HasRoute
        ? new Outcome.Ignored("No longer a route of this event.")
        : throw new NewerHostNeededException(step.Kind, read.Type);

    /// <summary>Reports, parks and opens again what is due for it.</summary>
    public override async Task SweepAsync(CancellationToken cancellationToken)
    {
        await ReportAsync(cancellationToken);
        while (await ParkAsync(StepQueue.Waiting, cancellationToken) == Batch) { }

        while (await ParkAsync(StepQueue.Claimed, cancellationToken) == Batch) { }

        while (await ReopenAsync(cancellationToken) == Batch) { }
    }

    protected override TimeSpan Every => TimeSpan.FromSeconds(6 * options.Value.PollSeconds);

    private async Task ReportAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var waiting = await connection.QueryAsync<(string Kind, long Count)>(new CommandDefinition(
            $"SELECT command, count(*) FROM ({Overdue}) o GROUP BY command ORDER BY command",
            new { known = kinds.Known }, cancellationToken: cancellationToken));
        var kindsOfAll = string.Join(' ', waiting.Select(w => w.Kind));
        var report = string.Join(", ", waiting.Select(w => string.Create(null, $"{w.Count} of {w.Kind}")));
        if (kindsOfAll == reported) return;
        reported = kindsOfAll;
        if (report.Length > 0) Log.LogWarning("Steps wait for a newer host, which knows their kinds: {Steps}. This host leaves them alone", report);
    }

    private Task<int> ParkAsync(string which, CancellationToken cancellationToken) => ChangeAsync($"""
        WITH old AS MATERIALIZED (
          SELECT event_id, command FROM inbox_steps WHERE {which} AND {Unknown} AND next_attempt_at <= now() - interval '24 hours'
          LIMIT {Batch} FOR UPDATE SKIP LOCKED)
        UPDATE inbox_steps s SET outcome = 'parked', completed_at = clock_timestamp(), last_error = @Reason
        FROM old WHERE s.event_id = old.event_id AND s.command = old.command
        RETURNING s.event_id, s.command
        """, "webhook.parked", (kind, entry) => entry with { Result = AuditResult.Failure, ErrorMessage = Reason, Metadata = new { step = kind } },
        cancellationToken);

    private Task<int> ReopenAsync(CancellationToken cancellationToken) => ChangeAsync($"""
        WITH known AS MATERIALIZED (
          SELECT event_id, command FROM inbox_steps WHERE outcome = 'parked' AND last_error = @Reason AND command = ANY (@known) AND plan_version <= @version
          LIMIT {Batch} FOR UPDATE SKIP LOCKED)
        UPDATE inbox_steps s SET {StepQueue.Reopened}
        FROM known WHERE s.event_id = known.event_id AND s.command = known.command
        RETURNING s.event_id, s.command
        """, "webhook.replayed", (kind, entry) => entry with { Metadata = new { because = "kind-known", step = kind } }, cancellationToken);

    private async Task<int> ChangeAsync(string sql, string action, Func<string, AuditEntry, AuditEntry> describe, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var connection = await work.OpenAsync(cancellationToken);
        var changed = (await connection.QueryAsync<(string EventId, string Kind)>(
            new CommandDefinition(sql, new { known = kinds.Known, version = plan.Version, Reason }, cancellationToken: cancellationToken))).AsList();
        foreach (var (eventId, kind) in changed) work.Record(describe(kind, new AuditEntry(action, "event", eventId, eventId)));
        if (changed.Count > 0) await connection.ExecuteAsync(new CommandDefinition(InboxWakeUp.NotifyAllHosts, cancellationToken: cancellationToken));
        await work.CommitAsync(cancellationToken);
        return changed.Count;
    }
}

/// <summary>A newer version wrote this step, and this one cannot say what it is to do. It is tried again: sooner or later a newer host takes it.</summary>
internal sealed class NewerHostNeededException(string kind, string eventType)
    : Exception($"The step {kind} of a {eventType} was written by a newer version, and is left to it. Start a host of that version.");
