using System.Collections.Concurrent;
using BillingMonolith.SharedKernel;
using Dapper;
using Npgsql;

namespace BillingMonolith.Host.Http;

/// <summary>A limit of a caller's requests per minute, on all hosts together. A route names a stricter one with <c>WithMetadata(Limit.Purchases)</c>.</summary>
internal sealed record Limit(string Name, Func<LimitsOptions, int> PerMinute)
{
    public static readonly Limit Api = new("api", o => o.ApiPerMinute);
    public static readonly Limit Purchases = new("purchases", o => o.PurchasesPerMinute);
    /// <summary>For a route that answers from memory, because counting its requests would cost more than answering them.</summary>
    public static readonly Limit Uncounted = new("uncounted", _ => int.MaxValue);

    /// <summary>The limit that this route's requests count towards.</summary>
    public static IEnumerable<Limit> Of(Endpoint? route) => route?.Metadata.GetOrderedMetadata<Limit>() switch
    {
        null => [Api],
        var own when own.Contains(Uncounted) => [],
        var own => own.Prepend(Api),
    };
}

/// <summary>
/// Counts requests in the database, one statement each, so that any number of hosts share a limit. A caller beyond the limit is remembered
/// here until the minute ends: a flood costs no queries.
/// </summary>
internal sealed class RateWindows(NpgsqlDataSource database, TimeProvider time)
{
    private readonly ConcurrentDictionary<(string Caller, string Name), long> exhausted = new();

    /// <summary>Counts a request towards a limit; beyond it, returns the time until the next window.</summary>
    public async Task<TimeSpan?> CountAsync(string caller, Limit limit, int perMinute, CancellationToken cancellationToken)
    {
        var now = time.GetTimestamp();
        if (exhausted.TryGetValue((caller, limit.Name), out var end) && end > now) return time.GetElapsedTime(now, end);

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var (count, seconds) = await connection.QuerySingleAsync<(int, double)>(new CommandDefinition("""
            INSERT INTO rate_windows AS w (caller, name, minute, count) VALUES (@caller, @Name, date_trunc('minute', clock_timestamp()), 1)
            ON CONFLICT (caller, name) DO UPDATE
              SET count = CASE WHEN w.minute < excluded.minute THEN 1 ELSE w.count + 1 END, minute = greatest(w.minute, excluded.minute)
            RETURNING count, extract(epoch FROM minute + interval '1 minute' - clock_timestamp())::float8
            """, new { caller, limit.Name }, cancellationToken: cancellationToken));
        if (count <= perMinute) return null;

        var left = TimeSpan.FromSeconds(Math.Max(seconds, 0.001));
        foreach (var (key, ended) in exhausted) if (ended <= now) exhausted.TryRemove(key, out _);
        exhausted[(caller, limit.Name)] = now + (long)(left.TotalSeconds * time.TimestampFrequency);
        return left;
    }
}
