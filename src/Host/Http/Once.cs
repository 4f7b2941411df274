using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using BillingMonolith.SharedKernel;
using Dapper;
using MediatR;
using Npgsql;

namespace BillingMonolith.Host.Http;

/// <summary>Whether this request's answer is a repeated one.</summary>
internal sealed class Replay
{
    public bool Happened { get; set; }
}

/// <summary>Whether a command was done under this key, so that a route need not make its calls again. Reads without a transaction, or a lock.</summary>
internal sealed record WasAnswered(RequestKey Once) : IRequest<bool>;

internal sealed class WasAnsweredHandler(NpgsqlDataSource database) : IRequestHandler<WasAnswered, bool>
{
    public async Task<bool> Handle(WasAnswered request, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            "SELECT EXISTS (SELECT FROM idempotency_keys WHERE caller = @Caller AND key = @Key)", request.Once, cancellationToken: cancellationToken));
    }
}

/// <summary>
/// Runs a command once per key. The key's row is written first, in the command's own transaction: a second request with the key waits at
/// the unique index until the first has committed its effect and its answer together, or has rolled back.
/// </summary>
internal sealed class OnceBehaviour<TRequest, TResponse>(UnitOfWork work, Replay replay) : IPipelineBehavior<TRequest, TResponse> where TRequest : IOnce
{
    public async Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        var connection = await work.OpenAsync(cancellationToken);
        var (caller, key) = (request.Once.Caller, request.Once.Key);
        var fingerprint = Fingerprint(request);
        if (await FindAsync(connection, new { caller, key, fingerprint }, cancellationToken) is { } earlier)
        {
            if (!earlier.Fingerprint.AsSpan().SequenceEqual(fingerprint))
                throw new RefusalException(HttpStatusCode.UnprocessableEntity, "idempotency-key-reused",
                    "This Idempotency-Key was used for another request. Take a new key for a new request.");
            replay.Happened = true;
            return JsonSerializer.Deserialize<TResponse>(earlier.Response)!;
        }

        var response = await next();
        await connection.ExecuteAsync(new CommandDefinition("UPDATE idempotency_keys SET response = @json::json WHERE caller = @caller AND key = @key",
            new { caller, key, json = JsonSerializer.Serialize(response) }, cancellationToken: cancellationToken));
        return response;
    }

    // A row with an answer is an earlier request's; ours has none yet. The timeout bounds every wait for a lock in this transaction.
    private static async Task<Earlier?> FindAsync(NpgsqlConnection connection, object row, CancellationToken cancellationToken)
    {
        try
        {
            return await connection.QuerySingleOrDefaultAsync<Earlier>(new CommandDefinition("""
                SET LOCAL lock_timeout = '5s';
                INSERT INTO idempotency_keys (caller, key, fingerprint) VALUES (@caller, @key, @fingerprint) ON CONFLICT DO NOTHING;
                SELECT fingerprint, response FROM idempotency_keys WHERE caller = @caller AND key = @key AND response IS NOT NULL
                """, row, cancellationToken: cancellationToken));
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            throw new RefusalException(HttpStatusCode.Conflict, "in-progress", "A request with this Idempotency-Key is still being worked on.")
            {
                RetryAfter = TimeSpan.FromSeconds(1),
            };
        }
    }

    /// <summary>The request without its caller and key: the same for every repeat.</summary>
    private static byte[] Fingerprint(TRequest request)
    {
        var asked = JsonSerializer.SerializeToNode(request)!.AsObject();
        asked.Remove(nameof(IOnce.Once));
        return SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new JsonArray(request.Once.Operation, asked)));
    }

    private sealed record Earlier(byte[] Fingerprint, string Response);
}
