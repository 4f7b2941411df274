using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Routing;
using BillingMonolith.Host.Webhook;
using BillingMonolith.Inbox;
using BillingMonolith.SharedKernel;
using Dapper;
using Npgsql;
using Stripe;

namespace BillingMonolith.Host.Reconcile;

/// <summary>
/// Events that Stripe has and we lack: listed page by page, and stored as the webhook would have stored them. Only types from which something
/// follows, because the others would have no effect. The inbox decides whether an event is ours (mode, suite), as for all events.
/// </summary>
internal sealed class MissingEvents(GuardedStripeClient stripe, IServiceScopeFactory scopes, ReconcileRuns runs, Pace pace, ILogger<MissingEvents> log)
{
    private const int TimeoutSeconds = 30;

    /// <summary>Stores a page; returns the position of the run, and whether there are more.</summary>
    public async Task<(ReconcileRun Run, bool HasMore)> PageAsync(ReconcileRun run, CancellationToken cancellationToken)
    {
        var list = new EventListOptions
        {
            StartingAfter = run.Cursor, Created = new DateRangeOptions { GreaterThanOrEqual = run.Since, LessThan = run.Until },
        };
        var page = await pace.PageAsync(limit =>
        {
            list.Limit = limit;
            return stripe.RequestAsync<EventPage>(HttpMethod.Get, "/v1/events", list, requestOptions: null, cancellationToken);
        }, cancellationToken);

        await using var scope = scopes.CreateAsyncScope();
        var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var open = await work.OpenAsync(cancellationToken);
        var missing = await TakeInAsync(open, [.. page.Data.Select(Received).OfType<ReceivedEvent>().Where(e => e.Routed)], cancellationToken);
        foreach (var id in missing) work.Record(new AuditEntry("event.ingested", "event", id, Cause.Of(run)));
        run = run with
        {
            Cursor = page.Data is [.., var last] ? last.GetProperty("id").GetString() : run.Cursor,
            Events = run.Events + page.Data.Count,
            Missing = run.Missing + missing.Count,
        };
        await runs.SaveAsync(open, run, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return (run, page is { HasMore: true, Data.Count: > 0 });
    }

    // One query for the whole page: most events are there, and an attempt to insert one would cost as much as inserting.
    private static async Task<IReadOnlyCollection<string>> TakeInAsync(NpgsqlConnection open, List<ReceivedEvent> listed, CancellationToken cancellationToken)
    {
        var known = (await open.QueryAsync<string>(new CommandDefinition("SELECT id FROM inbox_events WHERE id = ANY (@Ids)",
            new { Ids = listed.ConvertAll(e => e.Envelope.Id) }, cancellationToken: cancellationToken))).ToHashSet(StringComparer.Ordinal);
        var lacking = listed.FindAll(e => !known.Contains(e.Envelope.Id));
        return lacking.Count == 0 ? [] : await EventRows.InsertAsync(open, lacking, Routes.Version, TimeoutSeconds, cancellationToken);
    }

    private ReceivedEvent? Received(JsonElement listed)
    {
        ReadOnlyMemory<byte> payload = JsonMarshal.GetRawUtf8Value(listed).ToArray();
        if (EnvelopeScan.TryScan(payload.Span, out var envelope)) return new ReceivedEvent(envelope, payload, Routes.Has(envelope.Type));
        log.LogError("Event {EventId} as Stripe lists it cannot be read; it is left out", listed.GetProperty("id"));
        return null;
    }
}

/// <summary>A page of events as Stripe wrote them: they are stored as bytes, so an unreadable one does not hide the others.</summary>
internal sealed class EventPage : StripeEntity<EventPage>
{
    [JsonPropertyName("data")]
    public List<JsonElement> Data { get; set; } = [];

    [JsonPropertyName("has_more")]
    public bool HasMore { get; set; }
}

/// <summary>The audit entries of a run's changes.</summary>
internal static class Cause
{
    public static string Of(ReconcileRun run) => string.Create(null, $"reconcile:{run.Id}");
}
