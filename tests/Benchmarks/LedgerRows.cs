using Dapper;
using Npgsql;

namespace BillingMonolith.Benchmarks;

/// <summary>A ledger of any size, made in a few statements: sound, and spread over time as if it had grown.</summary>
internal static class LedgerRows
{
    public const string Hot = "hot";
    public const string Ordinary = "user77";
    private const int Each = 50;

    /// <summary>A fifth of the entries, and of the purchases, are one user's; everybody else has fifty. Each has one grant and spends of it.</summary>
    public static async Task FillAsync(string connectionString, int entries)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false;Command Timeout=0");
        await connection.OpenAsync();
        await connection.ExecuteAsync("""
            SET session_replication_role = replica;
            CREATE TEMP TABLE users AS
              SELECT 1 AS lot, 'hot' AS user_id, @Entries / 5 AS n UNION ALL
              SELECT i + 1, 'user' || i, @Each FROM generate_series(1, (@Entries - @Entries / 5) / @Each) i;
            INSERT INTO credit_accounts (user_id, balance) SELECT user_id, n + 1 FROM users;
            INSERT INTO credit_lots (id, user_id, source, origin, amount, remaining, priority) OVERRIDING SYSTEM VALUE
              SELECT lot, user_id, 'lot:' || lot, 'lot:' || lot, 2 * n, n + 1, 100 FROM users;
            INSERT INTO credit_entries (id, user_id, kind, amount, balance_after, debt_after, lots, parts, source, reason, reference) OVERRIDING SYSTEM VALUE
              SELECT row_number() OVER (ORDER BY k::float8 / n, lot), user_id, CASE k WHEN 1 THEN 'grant' ELSE 'consume' END, CASE k WHEN 1 THEN 2 * n ELSE -1 END,
                     2 * n - k + 1, 0, ARRAY[lot]::bigint[], ARRAY[CASE k WHEN 1 THEN 2 * n ELSE -1 END]::bigint[],
                     CASE k WHEN 1 THEN 'lot:' || lot ELSE 'consume:' || lot || ':' || k END, 'benchmark', 'call ' || k
              FROM users, generate_series(1, n) k;
            INSERT INTO credit_purchases (user_id, package_code, package_name, credits, price_minor, currency, stripe_checkout_session_id, status, created_at, completed_at)
              SELECT user_id, 'starter', 'Starter Pack', 1000, 1000, 'usd', 'cs_' || lot || '_' || k, 'completed', now() - k * interval '1 minute', now()
              FROM users, generate_series(1, n / 10) k;
            SELECT setval('credit_entries_id_seq', @Entries), setval('credit_lots_id_seq', @Entries);
            """, new { Entries = entries, Each });
        await connection.ExecuteAsync("VACUUM ANALYZE credit_accounts, credit_lots, credit_entries, credit_purchases");
    }
}
