using System.Threading.Channels;
using BillingMonolith.Host.Inbox;
using Npgsql;
using NpgsqlTypes;
using Stripe;

namespace BillingMonolith.Host.Intake;

/// <summary>What became of an event that was handed to the writer.</summary>
internal enum Stored { New, Ignored, AlreadyProcessed, Unavailable }

/// <summary>
/// Group commit: events that arrive together are written by one writer, in one INSERT, and acknowledged after its COMMIT. One commit then
/// serves tens of events. The queue is bounded: what does not fit is refused at once, and Stripe sends it again.
/// </summary>
internal sealed class EventWriter(NpgsqlDataSource database, ILogger<EventWriter> log) : BackgroundService
{
    private const int QueueLength = 2048;
    private const int BatchLimit = 512;
    private const int BatchBytes = 8 * 1024 * 1024;
    private const int QueueBytes = 64 * 1024 * 1024;
    private const int TimeoutSeconds = 5;

    private const string Insert = $"""
        WITH arrived AS (
          INSERT INTO inbox_events (id, type, created, livemode, api_version, payload, routed)
          SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
          ON CONFLICT (id) DO NOTHING
          RETURNING id, routed),
        queued AS (
          INSERT INTO inbox_steps (event_id, command, lane) SELECT id, '{StepQueue.RouteCommand}', '{Lane.Local}' FROM arrived WHERE routed)
        SELECT id FROM arrived
        """;

    private long waitingBytes;
    private readonly Channel<Arrival> queue = Channel.CreateBounded<Arrival>(new BoundedChannelOptions(QueueLength) { SingleReader = true });

    /// <summary>Answers when the event is durable, or when it is certain that nobody can say so.</summary>
    public Task<Stored> AddAsync(in EventEnvelope envelope, ReadOnlyMemory<byte> payload, bool routed)
    {
        var arrival = new Arrival(envelope, payload, routed);
        if (Interlocked.Add(ref waitingBytes, payload.Length) <= QueueBytes && queue.Writer.TryWrite(arrival)) return arrival.Task;
        Interlocked.Add(ref waitingBytes, -payload.Length);
        return Task.FromResult(Stored.Unavailable);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Stopped after the web server, when no request is left that could still add one.
        await using var stop = stoppingToken.Register(() => queue.Writer.TryComplete());
        var batch = new List<Arrival>(BatchLimit);
        while (await queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            batch.Clear();
            var bytes = 0;
            while (batch.Count < BatchLimit && bytes < BatchBytes && queue.Reader.TryRead(out var arrival))
            {
                batch.Add(arrival);
                bytes += arrival.Payload.Length;
            }

            await WriteAsync(batch);
            Interlocked.Add(ref waitingBytes, -bytes);
        }
    }

    private async Task WriteAsync(List<Arrival> batch)
    {
        try
        {
            var inserted = await InsertAsync(batch);
            // The same event twice in a batch: the first was stored, the others are repeats.
            foreach (var arrival in batch)
                arrival.SetResult(!inserted.Remove(arrival.Envelope.Id) ? Stored.AlreadyProcessed : arrival.Routed ? Stored.New : Stored.Ignored);
        }
        catch (Exception e)
        {
            // Also when the connection broke at COMMIT: whether it was applied is unknown, so it is not acknowledged; a repeat is harmless.
            log.LogError("{Count} events could not be stored and were not acknowledged: {Reason}", batch.Count, e.Message);
            foreach (var arrival in batch) arrival.SetResult(Stored.Unavailable);
        }
    }

    private async Task<HashSet<string>> InsertAsync(List<Arrival> batch)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(Insert, connection) { CommandTimeout = TimeoutSeconds };
        Add(command, NpgsqlDbType.Text, batch.ConvertAll(a => a.Envelope.Id));
        Add(command, NpgsqlDbType.Text, batch.ConvertAll(a => a.Envelope.Type));
        Add(command, NpgsqlDbType.TimestampTz, batch.ConvertAll(a => a.Envelope.Created == default ? (DateTime?)null : a.Envelope.Created.UtcDateTime));
        Add(command, NpgsqlDbType.Boolean, batch.ConvertAll(a => a.Envelope.Livemode));
        Add(command, NpgsqlDbType.Text, batch.ConvertAll(a => a.Envelope.ApiVersion));
        Add(command, NpgsqlDbType.Bytea, batch.ConvertAll(a => a.Payload));
        Add(command, NpgsqlDbType.Boolean, batch.ConvertAll(a => a.Routed));
        var inserted = new HashSet<string>(batch.Count, StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) inserted.Add(reader.GetString(0));
        return inserted;
    }

    private static void Add<T>(NpgsqlCommand command, NpgsqlDbType type, List<T> column) =>
        command.Parameters.Add(new NpgsqlParameter<List<T>> { TypedValue = column, NpgsqlDbType = NpgsqlDbType.Array | type });

    private sealed class Arrival(EventEnvelope envelope, ReadOnlyMemory<byte> payload, bool routed)
        : TaskCompletionSource<Stored>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public EventEnvelope Envelope { get; } = envelope;
        public ReadOnlyMemory<byte> Payload { get; } = payload;
        public bool Routed { get; } = routed;
    }
}
