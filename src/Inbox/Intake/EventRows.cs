using BillingMonolith.SharedKernel;
using Npgsql;
using NpgsqlTypes;

namespace BillingMonolith.Inbox;

/// <summary>An event as it came: what is known of it, its bytes, and whether anything can follow from its type.</summary>
public readonly record struct ReceivedEvent(EventEnvelope Envelope, ReadOnlyMemory<byte> Payload, bool Routed);

/// <summary>
/// The one statement by which events become rows, by whichever way they come. An event that is there already changes nothing. They are stored in the
/// order of their ids: hosts that get the same events at once would wait for each other in a circle.
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
          INSERT INTO inbox_steps (event_id, command, lane, plan_version)
          SELECT id, '{StepKinds.Route}', '{StepLane.Local}', $8 FROM arrived WHERE routed)
        SELECT id FROM arrived
        """;

    /// <summary>Stores them; answers the ids of those that were new.</summary>
    /// <param name="connection">Where.</param>
    /// <param name="events">What came.</param>
    /// <param name="planVersion">The version of the plan that says which of them are routed.</param>
    /// <param name="timeoutSeconds">How long the statement may take.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<HashSet<string>> InsertAsync(
        NpgsqlConnection connection, List<ReceivedEvent> events, int planVersion, int timeoutSeconds, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Insert, connection) { CommandTimeout = timeoutSeconds };
        Add(command, NpgsqlDbType.Text, events.ConvertAll(e => e.Envelope.Id));
        Add(command, NpgsqlDbType.Text, events.ConvertAll(e => e.Envelope.Type));
        Add(command, NpgsqlDbType.TimestampTz, events.ConvertAll(e => e.Envelope.Created == default ? (DateTime?)null : e.Envelope.Created.UtcDateTime));
        Add(command, NpgsqlDbType.Boolean, events.ConvertAll(e => e.Envelope.Livemode));
        Add(command, NpgsqlDbType.Text, events.ConvertAll(e => e.Envelope.ApiVersion));
        Add(command, NpgsqlDbType.Bytea, events.ConvertAll(e => e.Payload));
        Add(command, NpgsqlDbType.Boolean, events.ConvertAll(e => e.Routed));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = planVersion });
        await command.PrepareAsync(cancellationToken); // once per connection
        var inserted = new HashSet<string>(events.Count, StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) inserted.Add(reader.GetString(0));
        return inserted;
    }

    private static void Add<T>(NpgsqlCommand command, NpgsqlDbType type, List<T> column) =>
        command.Parameters.Add(new NpgsqlParameter<List<T>> { TypedValue = column, NpgsqlDbType = NpgsqlDbType.Array | type });
}
