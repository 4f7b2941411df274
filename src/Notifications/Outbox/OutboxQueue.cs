using BillingMonolith.SharedKernel;
using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BillingMonolith.Notifications;

/// <summary>The two kinds of deliveries.</summary>
internal static class OutboxKind
{
    public const string Mail = "mail";
    public const string Webhook = "webhook";
}

/// <summary>A delivery, under a lease.</summary>
/// <param name="Id">The row.</param>
/// <param name="Key">Its key.</param>
/// <param name="Cause">For the audit log.</param>
/// <param name="Payload">The payload of a mail.</param>
/// <param name="EventId">The header webhook-id of a webhook.</param>
/// <param name="EndpointId">The endpoint of a webhook.</param>
/// <param name="Attempt">The fence: a later claim invalidates this one.</param>
/// <param name="Try">The number of attempts since it was written, or since an operator reopened it.</param>
/// <param name="CreatedAt">The time of writing.</param>
internal sealed record OutboxItem(
    Guid Id, string Key, string Cause, string? Payload, string? EventId, Guid? EndpointId, int Attempt, int Try, DateTime CreatedAt);

/// <summary>The outbox in PostgreSQL: claims, by the database's clock.</summary>
internal sealed class OutboxQueue(NpgsqlDataSource database, IOptions<InboxOptions> options)
{
    internal const string Open = "sent_at IS NULL AND parked_at IS NULL";

    /// <summary>The limit of concurrent deliveries per endpoint: one that hangs must not hold up the others.</summary>
    internal const int PerEndpoint = 4;

    private const string DueMail = $"""
        SELECT id FROM outbox WHERE kind = 'mail' AND {Open} AND next_attempt_at <= now() ORDER BY next_attempt_at LIMIT @limit FOR UPDATE SKIP LOCKED
        """;

    private static readonly string DueWebhooks = $"""
        SELECT d.id FROM webhook_endpoints e CROSS JOIN LATERAL (
          SELECT o.id, o.next_attempt_at FROM outbox o
          WHERE o.endpoint_id = e.id AND kind = 'webhook' AND {Open} AND next_attempt_at <= now()
          ORDER BY next_attempt_at LIMIT {PerEndpoint} FOR UPDATE SKIP LOCKED) d
        WHERE e.id <> ALL (@busy) ORDER BY d.next_attempt_at LIMIT @limit
        """;

    /// <summary>Claims due rows. Not cancelled: a claim that was applied and whose answer was lost would block its rows for a lease.</summary>
    public async Task<IReadOnlyList<OutboxItem>> ClaimAsync(string kind, int limit, IReadOnlyList<Guid> busy)
    {
        await using var connection = await database.OpenConnectionAsync(CancellationToken.None);
        var rows = await connection.QueryAsync<OutboxItem>(new CommandDefinition($"""
            UPDATE outbox SET attempts = attempts + 1, next_attempt_at = clock_timestamp() + @lease
            WHERE id = ANY (ARRAY({(kind == OutboxKind.Mail ? DueMail : DueWebhooks)}))
            RETURNING id, key, cause, payload, event_id AS EventId, endpoint_id AS EndpointId, attempts AS Attempt, attempts - retried_at AS Try,
                      created_at AS CreatedAt
            """, new { limit, busy = busy.ToArray(), lease = options.Value.Lease }, cancellationToken: CancellationToken.None));
        return rows.AsList();
    }

    /// <summary>The time until the next one is due; null when none is open.</summary>
    public async Task<TimeSpan?> UntilNextAsync(string kind, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var seconds = await connection.ExecuteScalarAsync<double?>(new CommandDefinition(kind == OutboxKind.Mail
            ? $"SELECT extract(epoch FROM min(next_attempt_at) - now())::float8 FROM outbox WHERE kind = 'mail' AND {Open}"
            : $"""
               SELECT extract(epoch FROM min(d.due) - now())::float8 FROM webhook_endpoints e CROSS JOIN LATERAL (
                 SELECT min(next_attempt_at) AS due FROM outbox o WHERE o.endpoint_id = e.id AND kind = 'webhook' AND {Open}) d
               """, cancellationToken: cancellationToken));
        return seconds is { } s ? TimeSpan.FromSeconds(Math.Max(0, s)) : null;
    }

    /// <summary>Writes the result of an attempt, in a transaction. False when the lease was lost: then another host continues.</summary>
    public static async Task<bool> EndAsync(
        NpgsqlConnection connection, OutboxItem item, Delivery delivery, TimeSpan? again, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(new CommandDefinition($"""
            UPDATE outbox SET sent_at = CASE WHEN @IsSent THEN clock_timestamp() END,
              parked_at = CASE WHEN NOT @IsSent AND @again::interval IS NULL THEN clock_timestamp() END,
              next_attempt_at = CASE WHEN @again::interval IS NULL THEN next_attempt_at ELSE clock_timestamp() + @again END,
              last_status = @Status, last_error = @Error
            WHERE id = @Id AND attempts = @Attempt AND {Open}
            """,
            new { item.Id, item.Attempt, IsSent = delivery is Delivery.Sent, again, delivery.Status, delivery.Error },
            cancellationToken: cancellationToken)) == 1;
}
