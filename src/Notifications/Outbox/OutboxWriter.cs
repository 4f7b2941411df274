using System.Text.Json;
using System.Text.Json.Nodes;
using BillingMonolith.SharedKernel;
using Dapper;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Notifications;

/// <summary>A mail to send: its facts have the content, its template has the wording.</summary>
/// <param name="Key">The unique key of the mail: <c>receipt:&lt;purchase id&gt;</c>. Its Message-ID follows from it.</param>
/// <param name="Template">One of <see cref="MailTemplates.Names"/>.</param>
/// <param name="Cause">The event or request that led to it.</param>
public sealed record MailMessage(string Key, string Template, string Cause)
{
    /// <summary>The address, when it is known; otherwise the one that Keycloak has for the user when the mail is sent.</summary>
    public string? To { get; init; }
    /// <summary>The Keycloak user who gets it; null for mail to an operator.</summary>
    public string? UserId { get; init; }
    /// <summary>The values of the template's placeholders, ready to be shown.</summary>
    public Dictionary<string, string> Facts { get; init; } = [];
}

/// <summary>An event for the endpoints that subscribed to it.</summary>
/// <param name="Type"><c>order.created</c> …: one of <see cref="OutgoingEventTypes.All"/>.</param>
/// <param name="Cause">The Stripe event or request that led to it.</param>
/// <param name="Data">Serialised in snake_case; it must not contain a secret.</param>
public sealed record OutgoingEvent(string Type, string Cause, object Data);

/// <summary>
/// Writes deliveries in the transaction of the change that they report (<see cref="UnitOfWork"/>): both commit, or neither. A mail whose key was used is not
/// written again. Without a mail server no mail is written, and without a subscriber no event.
/// </summary>
public sealed class OutboxWriter(UnitOfWork work, IOptionsMonitor<MailOptions> mail, TimeProvider time)
{
    /// <summary>The payload of a mail in the outbox.</summary>
    internal static readonly JsonSerializerOptions Plain = new(JsonSerializerDefaults.Web);
    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Whether there is a mail server.</summary>
    public bool SendsMail => mail.CurrentValue.IsOn;

    /// <summary>Writes one mail.</summary>
    public Task MailAsync(MailMessage message, CancellationToken cancellationToken) => WriteAsync([message], [], cancellationToken);

    /// <summary>Writes one event.</summary>
    public Task EventAsync(OutgoingEvent happened, CancellationToken cancellationToken) => WriteAsync([], [happened], cancellationToken);

    /// <summary>All of them in one round trip.</summary>
    public async Task WriteAsync(IReadOnlyList<MailMessage> mails, IReadOnlyList<OutgoingEvent> events, CancellationToken cancellationToken)
    {
        if (!SendsMail) mails = [];
        if (mails.Count + events.Count == 0) return;
        var connection = await work.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition($"""
            {(mails.Count == 0 ? "" : InsertMails)}
            {(events.Count == 0 ? "" : InsertEvents)}
            """,
            new
            {
                Keys = mails.Select(m => m.Key).ToArray(),
                Causes = mails.Select(m => m.Cause).ToArray(),
                Payloads = mails.Select(m => JsonSerializer.Serialize(Clean(m), Plain)).ToArray(),
                Ids = events.Select(_ => NewId()).ToArray(),
                Types = events.Select(e => e.Type).ToArray(),
                Bodies = events.Select(Body).ToArray(),
                EventCauses = events.Select(e => e.Cause).ToArray(),
            },
            cancellationToken: cancellationToken));
    }

    /// <summary>Notifies one endpoint, whatever it subscribed to; returns the delivery.</summary>
    public async Task<Guid> EventToAsync(Guid endpointId, OutgoingEvent happened, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<Guid>(new CommandDefinition("""
            WITH told AS (INSERT INTO outgoing_events (id, type, body) VALUES (@Id, @Type, @Body) RETURNING id)
            INSERT INTO outbox (kind, key, cause, event_id, endpoint_id)
            SELECT 'webhook', id || ':' || @endpointId, @Cause, id, @endpointId FROM told RETURNING id
            """, new { Id = NewId(), happened.Type, Body = Body(happened), happened.Cause, endpointId }, cancellationToken: cancellationToken));
    }

    // In the order of their keys, so that two sets do not deadlock.
    private const string InsertMails = """
        INSERT INTO outbox (kind, key, cause, payload)
        SELECT 'mail', m.* FROM unnest(@Keys, @Causes, @Payloads::jsonb[]) AS m (key, cause, payload) ORDER BY key ON CONFLICT (key) DO NOTHING;
        """;

    private const string InsertEvents = """
        WITH told AS (
          SELECT e.*, w.id AS endpoint FROM unnest(@Ids, @Types, @Bodies, @EventCauses) AS e (id, type, body, cause)
          JOIN webhook_endpoints w ON w.enabled AND (w.event_types = '{}' OR e.type = ANY (w.event_types))),
        kept AS (INSERT INTO outgoing_events (id, type, body) SELECT DISTINCT id, type, body FROM told)
        INSERT INTO outbox (kind, key, cause, event_id, endpoint_id) SELECT 'webhook', id || ':' || endpoint, cause, id, endpoint FROM told;
        """;

    // Texts of people and banks may contain any character; jsonb does not accept NUL. A line break stays one in a mail's body.
    private static MailMessage Clean(MailMessage message) => message with
    {
        Facts = message.Facts.ToDictionary(f => f.Key, f => string.Concat(f.Value.Where(c => !char.IsControl(c) || c == '\n'))),
        To = message.To?.Replace("\0", "", StringComparison.Ordinal),
    };

    private string NewId() => $"msg_{Guid.CreateVersion7(time.GetUtcNow()):N}";

    private string Body(OutgoingEvent happened) => new JsonObject
    {
        ["type"] = happened.Type,
        ["timestamp"] = time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"),
        ["data"] = JsonSerializer.SerializeToNode(happened.Data, SnakeCase),
    }.ToJsonString();
}
