using BillingMonolith.SharedKernel;
using Npgsql;
using NpgsqlTypes;

namespace BillingMonolith.Inbox;

/// <summary>An event as received: its envelope, its bytes, and whether any step can follow from its type.</summary>
public readonly record struct ReceivedEvent(EventEnvelope Envelope, ReadOnlyMemory<byte> Payload, bool Routed);

/// <summary>
/// The one statement that stores events, from every source. An event that is stored already changes nothing. Events are inserted in the
/// order of their ids, because hosts that get the same events at once would deadlock otherwise.
/// </summary>
public static class EventRows
{
    private const string Insert = $"""
        WITH arrived AS (
          INSERT INTO inbox_events (id, type, created, livemode, api_version, payload, routed)
          SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7) AS e (id) ORDER BY id COLLATE "C"
          ON CONFLICT (id) DO NOTHING
          RETURNING id, routed),
        queued AS (
          INSERT INTO inbox_steps (event_id, command, lane) SELECT id, '{StepKinds.Route}', '{StepLane.Local}' FROM arrived WHERE routed)
        SELECT id FROM arrived
        """;

    /// <summary>Stores events, and returns the ids of the new ones.</summary>
    public static async Task<HashSet<string>> InsertAsync(
        NpgsqlConnection connection, List<ReceivedEvent> events, int timeoutSeconds, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Insert, connection) { CommandTimeout = timeoutSeconds };
        Add(command, NpgsqlDbType.Text, events.ConvertAll(e => e.Envelope.Id));
        Add(command, NpgsqlDbType.Text, events.ConvertAll(e => e.Envelope.Type));
        Add(command, NpgsqlDbType.TimestampTz, events.ConvertAll(e => e.Envelope.Created == default ? (DateTime?)null : e.Envelope.Created.UtcDateTime));
        Add(command, NpgsqlDbType.Boolean, events.ConvertAll(e => e.Envelope.Livemode));
        Add(command, NpgsqlDbType.Text, events.ConvertAll(e => e.Envelope.ApiVersion));
        Add(command, NpgsqlDbType.Bytea, events.ConvertAll(e => e.Payload));
        Add(command, NpgsqlDbType.Boolean, events.ConvertAll(e => e.Routed));
        await command.PrepareAsync(cancellationToken); // once per connection
        var inserted = new HashSet<string>(events.Count, StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) inserted.Add(reader.GetString(0));
        return inserted;
    }

    private static void Add<T>(NpgsqlCommand command, NpgsqlDbType type, List<T> column) =>
        command.Parameters.Add(new NpgsqlParameter<List<T>> { TypedValue = column, NpgsqlDbType = NpgsqlDbType.Array | type });
}
