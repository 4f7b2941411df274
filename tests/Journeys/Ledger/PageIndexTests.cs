using BillingMonolith.Credits;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Orders;
using BillingMonolith.SharedKernel;
using Dapper;
using Npgsql;

namespace BillingMonolith.Journeys.Ledger;

/// <summary>
/// Pages are read from the index of what is asked, as many rows as they show: also for who has most of the rows, whom statistics tempt the planner
/// to look for among everybody's. What was read is counted by PostgreSQL itself.
/// </summary>
public sealed class PageIndexTests(Cluster cluster)
{
    private const int Limit = 50;

    private static readonly DateTimeOffset Time = new(2026, 1, 3, 0, 0, 0, TimeSpan.Zero);
    private static readonly PurchasePosition Middle = new(Time.UtcDateTime, Guid.Empty);

    private static readonly (string What, Func<NpgsqlDataSource, Task<int>> Read, string[] Indexes)[] Pages =
    [
        ("transactions", db => TransactionsAsync(db, before: null), ["credit_entries_by_user"]),
        ("transactions from the middle", db => TransactionsAsync(db, 5_000), ["credit_entries_by_user"]),
        ("history", db => HistoryAsync(db, after: null), ["credit_purchases_by_user"]),
        ("history from the middle", db => HistoryAsync(db, Middle), ["credit_purchases_by_user"]),
        ("all purchases", db => PurchasesAsync(db, new()), ["credit_purchases_by_age"]),
        ("purchases of a time", db => PurchasesAsync(db, new() { From = Time.AddDays(-7), To = Time, After = Middle }), ["credit_purchases_by_age"]),
        ("purchases of a user", db => PurchasesAsync(db, new() { User = "hot" }), ["credit_purchases_by_email", "credit_purchases_by_user"]),
        ("purchases of an address", db => PurchasesAsync(db, new() { User = "Hot@example.com", After = Middle }), ["credit_purchases_by_email", "credit_purchases_by_user"]),
        ("purchases in a state", db => PurchasesAsync(db, new() { Status = "refunded" }), ["credit_purchases_by_status"]),
        ("the audit log", db => AuditAsync(db, new()), ["audit_logs_pkey"]),
        ("the audit log of a user", db => AuditAsync(db, new() { User = "hot" }), ["audit_logs_by_user", "audit_logs_by_username"]),
        ("the audit log of a user from the middle", db => AuditAsync(db, new() { User = "hot", Before = 5_000 }), ["audit_logs_by_user", "audit_logs_by_username"]),
        ("the audit log of a name", db => AuditAsync(db, new() { User = "Hot" }), ["audit_logs_by_user", "audit_logs_by_username"]),
        ("the audit log of an action", db => AuditAsync(db, new() { Action = "old" }), ["audit_logs_by_action"]),
        ("the audit log of a thing", db => AuditAsync(db, new() { Resource = "user:hot" }), ["audit_logs_by_resource"]),
        ("the audit log of an address", db => AuditAsync(db, new() { Ip = "10.0.0.1" }), ["audit_logs_by_ip"]),
        ("all orders", db => OrdersAsync(db, new()), ["orders_by_age"]),
        ("orders of a time", db => OrdersAsync(db, new() { From = Time.AddDays(-7), To = Time, After = new(Time.UtcDateTime, Guid.Empty) }), ["orders_by_age"]),
        ("orders of a user", db => OrdersAsync(db, new() { User = "hot" }), ["orders_by_email", "orders_by_user"]),
        ("orders of an address", db => OrdersAsync(db, new() { User = "Hot@example.com" }), ["orders_by_email", "orders_by_user"]),
        ("orders in a state", db => OrdersAsync(db, new() { Status = "CLOSED" }), ["orders_by_status"]),
        ("orders of a kind", db => OrdersAsync(db, new() { Kind = "dfy" }), ["orders_by_kind"]),
        ("one's own orders", db => OwnOrdersAsync(db, after: null), ["orders_by_user"]),
        ("one's own orders from the middle", db => OwnOrdersAsync(db, new(Time.UtcDateTime, Guid.Empty)), ["orders_by_user"]),
        ("purchases of a package", db => PurchasesAsync(db, new() { Package = "old" }), ["credit_purchases_by_package"]),
    ];

    [Theory]
    [InlineData("force_custom_plan", true)]
    [InlineData("force_generic_plan", true)]
    [InlineData("force_custom_plan", false)]
    [InlineData("force_generic_plan", false)]
    public async Task A_page_is_read_from_its_own_index_and_nothing_besides(string plans, bool withStatistics)
    {
        var name = await cluster.NewDatabaseAsync();
        await using var database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(cluster.Postgres.ConnectionString(name))
        {
            Options = $"-c plan_cache_mode={plans} -c max_parallel_workers_per_gather=0", MaxPoolSize = 1, NoResetOnClose = true, MaxAutoPrepare = 40, AutoPrepareMinUsages = 1,
        }.ConnectionString);
        await FillAsync(database, withStatistics);

        foreach (var (what, read, indexes) in Pages)
        {
            var before = await CountsAsync(database);
            (await read(database)).ShouldBe(Limit, what);
            var after = await CountsAsync(database);
            var used = after.Where(c => c.Value.Scans > before[c.Key].Scans).ToDictionary(c => c.Key, c => c.Value.Rows - before[c.Key].Rows);
            used.Keys.Order(StringComparer.Ordinal).ToArray().ShouldBe(indexes, customMessage: what);
            // Two more: whether the page is the last, and where it begins. Without statistics a small table's rows may be sorted instead.
            if (withStatistics) used.Values.Sum().ShouldBeLessThanOrEqualTo(Limit + 2, what);
        }
    }

    [Fact]
    public async Task A_balance_is_read_by_index_alone()
    {
        var name = await cluster.NewDatabaseAsync();
        await using var database = NpgsqlDataSource.Create(cluster.Postgres.ConnectionString(name) + ";Maximum Pool Size=1;No Reset On Close=true");
        await FillAsync(database, withStatistics: true);
        await using (var connection = await database.OpenConnectionAsync())
        {
            var before = await CountsAsync(database, connection);
            (await Standing.ReadAsync(connection, "hot", CancellationToken.None)).Balance.ShouldBe(6_000);
            var after = await CountsAsync(database, connection);
            after.Where(c => c.Value.Scans > before[c.Key].Scans).Select(c => $"{c.Key}: {c.Value.Rows - before[c.Key].Rows}").Order(StringComparer.Ordinal)
                .ToArray().ShouldBe(["credit_accounts_pkey: 1", "credit_lots_by_burn_order: 1", "credit_reservations_by_user: 0"]);
        }
    }

    private static async Task<int> TransactionsAsync(NpgsqlDataSource database, long? before) =>
        (await new ReadTransactionsHandler(database).Handle(new ReadTransactions("hot", Limit, Offset: 0, before), CancellationToken.None)).Transactions.Count;

    private static async Task<int> HistoryAsync(NpgsqlDataSource database, PurchasePosition? after) =>
        (await new ReadHistoryHandler(database.Contexts<CreditsContext>()).Handle(new ReadHistory("hot", Limit, Offset: 0, after), CancellationToken.None)).Purchases.Count;

    private static async Task<int> PurchasesAsync(NpgsqlDataSource database, ReadPurchases query) =>
        (await new ReadPurchasesHandler(database.Contexts<CreditsContext>()).Handle(query with { Limit = Limit }, CancellationToken.None)).Purchases.Count;

    private static async Task<int> OrdersAsync(NpgsqlDataSource database, ReadOrders query) =>
        (await new ReadOrdersHandler(database.Contexts<OrdersContext>()).Handle(query with { Limit = Limit }, CancellationToken.None)).Orders.Count;

    private static async Task<int> OwnOrdersAsync(NpgsqlDataSource database, OrderPosition? after) =>
        (await new ReadOwnOrdersHandler(database.Contexts<OrdersContext>()).Handle(new ReadOwnOrders("hot", Limit, after), CancellationToken.None)).Orders.Count;

    private static async Task<int> AuditAsync(NpgsqlDataSource database, ReadAuditLog query) =>
        (await new ReadAuditLogHandler(database.Contexts<AuditContext>()).Handle(query with { Limit = Limit, WithTotal = false }, CancellationToken.None)).Logs.Count;

    /// <summary>The older half of everything is the hot user's; since then it is all others'.</summary>
    private static async Task FillAsync(NpgsqlDataSource database, bool withStatistics)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync("""
            SET session_replication_role = replica;
            CREATE TEMP TABLE made AS SELECT i, CASE WHEN i <= 6000 THEN 'hot' ELSE 'user' || i % 500 END AS user_id FROM generate_series(1, 12000) i;
            INSERT INTO credit_accounts (user_id, balance) SELECT user_id, count(*) FROM made GROUP BY 1;
            INSERT INTO credit_lots (user_id, source, origin, amount, remaining, priority)
              SELECT user_id, 'lot:' || user_id, 'lot:' || user_id, count(*), count(*), 100 FROM made GROUP BY 1;
            INSERT INTO credit_entries (id, user_id, kind, amount, balance_after, debt_after, lots, parts, source) OVERRIDING SYSTEM VALUE
              SELECT i, user_id, 'grant', 1, i, 0, '{1}', '{1}', 'entry:' || i FROM made;
            INSERT INTO credit_reservations (id, user_id, amount, lots, parts, expires_at)
              SELECT gen_random_uuid(), user_id, 1, '{1}', '{-1}', now() + interval '1 hour' FROM made WHERE user_id <> 'hot';
            INSERT INTO credit_purchases (user_id, user_email, package_code, package_name, credits, price_minor, currency, stripe_checkout_session_id, status, created_at, completed_at)
              SELECT user_id, user_id || '@example.com', CASE user_id WHEN 'hot' THEN 'old' ELSE 'new' END, 'Pack', 1, 1, 'usd', 'cs_' || i,
                     CASE user_id WHEN 'hot' THEN 'refunded' ELSE 'completed' END, timestamptz '2026-01-01Z' + i * interval '1 minute', now() FROM made;
            INSERT INTO audit_logs (user_id, username, ip_address, action, resource_type, resource_id, result, cause)
              SELECT user_id, CASE user_id WHEN 'hot' THEN 'Hot' END, CASE user_id WHEN 'hot' THEN inet '10.0.0.1' END, CASE user_id WHEN 'hot' THEN 'old' ELSE 'new' END,
                     'user', user_id, 'success', 'test' FROM made ORDER BY i;
            INSERT INTO orders (kind, user_id, customer_email, cart_id, amount_minor, currency, stripe_session_id, work_status, created_at)
              SELECT CASE user_id WHEN 'hot' THEN 'dfy' ELSE 'cart' END, user_id, user_id || '@example.com', 'c', 1, 'usd', 'cs_' || i,
                     CASE user_id WHEN 'hot' THEN 'CLOSED' ELSE 'SHIPPED' END, timestamptz '2026-01-01Z' + i * interval '1 minute' FROM made;
            SET session_replication_role = origin
            """);
        if (withStatistics) await connection.ExecuteAsync("ANALYZE;");
    }

    /// <summary>Scans of every index and, as a whole, of every table, and the rows that they gave.</summary>
    private static async Task<Dictionary<string, (long Scans, long Rows)>> CountsAsync(NpgsqlDataSource database, NpgsqlConnection? open = null)
    {
        var connection = open ?? await database.OpenConnectionAsync();
        await connection.ExecuteAsync("SELECT pg_stat_force_next_flush()");
        var counts = await connection.QueryAsync<(string Name, long Scans, long Rows)>("""
            SELECT indexrelname::text, idx_scan, idx_tup_read FROM pg_stat_user_indexes
            UNION ALL SELECT relname::text, seq_scan, seq_tup_read FROM pg_stat_user_tables
            """);
        if (open is null) await connection.DisposeAsync();
        return counts.ToDictionary(c => c.Name, c => (c.Scans, c.Rows), StringComparer.Ordinal);
    }
}
