using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace BillingMonolith.Inbox;

/// <summary>The result for an event that was handed to the writer.</summary>
public enum Stored
{
    /// <summary>It is durable, and steps may follow.</summary>
    New,
    /// <summary>It is durable, and nothing follows from its type.</summary>
    Ignored,
    /// <summary>It was stored before.</summary>
    AlreadyProcessed,
    /// <summary>Nobody can say whether it is durable: its sender must send it again.</summary>
    Unavailable,
}

/// <summary>
/// Group commit: events that arrive together are written by one writer, in one INSERT, and acknowledged after its COMMIT. One commit then
/// serves tens of events. The queue is bounded: an event that does not fit is refused at once, and Stripe sends it again.
/// </summary>
public sealed class EventWriter(NpgsqlDataSource database, IEventPlan plan, ILogger<EventWriter> log) : BackgroundService
{
    private const int QueueLength = 2048;
    private const int BatchLimit = 512;
    private const int BatchBytes = 8 * 1024 * 1024;
    private const int QueueBytes = 64 * 1024 * 1024;
    private const int TimeoutSeconds = 5;

    private long waitingBytes;
    private readonly Channel<Arrival> queue = Channel.CreateBounded<Arrival>(new BoundedChannelOptions(QueueLength) { SingleReader = true });

    /// <summary>Completes when the event is durable, or when it is certain that nobody can say so.</summary>
    public Task<Stored> AddAsync(in EventEnvelope envelope, ReadOnlyMemory<byte> payload, bool routed)
    {
        var arrival = new Arrival(new ReceivedEvent(envelope, payload, routed));
        if (Interlocked.Add(ref waitingBytes, payload.Length) <= QueueBytes && queue.Writer.TryWrite(arrival)) return arrival.Task;
        Interlocked.Add(ref waitingBytes, -payload.Length);
        return Task.FromResult(Stored.Unavailable);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Stopped after the web server, when no request can add an event any more.
        await using var stop = stoppingToken.Register(() => queue.Writer.TryComplete());
        var batch = new List<Arrival>(BatchLimit);
        while (await queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            batch.Clear();
            var bytes = 0;
            while (batch.Count < BatchLimit && bytes < BatchBytes && queue.Reader.TryRead(out var arrival))
            {
                batch.Add(arrival);
                bytes += arrival.Event.Payload.Length;
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
                arrival.SetResult(!inserted.Remove(arrival.Event.Envelope.Id) ? Stored.AlreadyProcessed : arrival.Event.Routed ? Stored.New : Stored.Ignored);
        }
        catch (Exception e)
        {
            // Also when the connection broke at COMMIT: the outcome is unknown, so the event is not acknowledged; a repeat is harmless.
            log.LogError("{Count} events could not be stored and were not acknowledged: {Reason}", batch.Count, e.Message);
            foreach (var arrival in batch) arrival.SetResult(Stored.Unavailable);
        }
    }

    private async Task<HashSet<string>> InsertAsync(List<Arrival> batch)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await EventRows.InsertAsync(connection, batch.ConvertAll(a => a.Event), plan.Version, TimeoutSeconds, CancellationToken.None);
    }

    private sealed class Arrival(in ReceivedEvent received) : TaskCompletionSource<Stored>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public ReceivedEvent Event { get; } = received;
    }
}
