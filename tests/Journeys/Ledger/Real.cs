using System.Globalization;
using BillingMonolith.Credits;
using BillingMonolith.SharedKernel;
using Dapper;
using Npgsql;

namespace BillingMonolith.Journeys.Ledger;

/// <summary>The product's ledger, called as the application calls it: through <c>Ledger</c> in a unit of work, as the role <c>billing_app</c>.</summary>
internal sealed class Real(UnitOfWork work) : IAsyncDisposable
{
    private readonly Credits.Ledger ledger = new(work);

    /// <summary>
    /// Connections like the host's; what is committed need not survive a crash, and few rows are always found by index without planning it again: that is
    /// a third of the database's time.
    /// </summary>
    public static NpgsqlDataSource Connect(string connectionString, int connections) => NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString)
    {
        Options = "-c role=billing_app -c synchronous_commit=off -c plan_cache_mode=force_generic_plan -c enable_seqscan=off",
        MaxPoolSize = connections, MaxAutoPrepare = 40, AutoPrepareMinUsages = 2, NoResetOnClose = true,
    }.ConnectionString);

    /// <summary>The answer in the model's words.</summary>
    /// <param name="operation">What is asked.</param>
    /// <param name="goesOn">Whether its transaction goes on when the ledger refuses a source that it knows.</param>
    public async Task<string> ApplyAsync(Operation operation, bool goesOn)
    {
        var connection = await work.OpenAsync(CancellationToken.None);
        if (goesOn) await connection.ExecuteAsync("SAVEPOINT before");
        try
        {
            return await AnswerAsync(operation, connection);
        }
        catch (PostgresException known) when (known.SqlState == PostgresErrorCodes.UniqueViolation && operation is not Operation.Give)
        {
            if (goesOn) await connection.ExecuteAsync("ROLLBACK TO before");
            return Model.Known;
        }
    }

    public Task CommitAsync() => work.CommitAsync(CancellationToken.None);

    /// <summary>One line per account, lot and hold of these users.</summary>
    public async Task<string> StateAsync(Operations operations) => await (await work.OpenAsync(CancellationToken.None)).ExecuteScalarAsync<string>("""
        SELECT coalesce(string_agg(line, E'\n' ORDER BY line COLLATE "C"), '') FROM (
          SELECT format('%s: %s owes %s, by entry %s owes %s', user_id, balance, debt, e.balance_after, e.debt_after) AS line FROM credit_accounts a
            LEFT JOIN LATERAL (SELECT balance_after, debt_after FROM credit_entries e WHERE e.user_id = a.user_id ORDER BY id DESC LIMIT 1) e ON true
            WHERE user_id = ANY (@users)
          UNION ALL SELECT format('%s %s: %s of %s, held %s%s', user_id, source, remaining, amount, held, CASE WHEN frozen THEN ', frozen' END)
            FROM credit_lots WHERE origin = ANY (@origins) AND user_id = ANY (@users)
          UNION ALL SELECT format('%s %s: %s %s', user_id, id, state, committed) FROM credit_reservations WHERE id = ANY (@holds)) x
        """, new { users = operations.Users, origins = operations.Users.SelectMany(Operations.Origins).ToArray(), holds = operations.Holds.ToArray() }) ?? "";

    public ValueTask DisposeAsync() => work.DisposeAsync();

    private async Task<string> AnswerAsync(Operation operation, NpgsqlConnection connection)
    {
        switch (operation)
        {
            case Operation.Give give:
                var grants = give.Gifts.Select(g => new Grant(g.Source, g.User, g.Credits, g.Priority, g.Ends is { } end ? new DateTimeOffset(end) : null)).ToList();
                var granted = (await ledger.GrantAsync(grants, CancellationToken.None)).Select(p => $"{p.Key} {p.Value.BalanceAfter}").ToList();
                return granted.Count == 0 ? Model.Known : string.Join(", ", granted.Order(StringComparer.Ordinal));
            case Operation.Take o:
                return Balance(await ledger.TakeAsync(o.User, o.Credits, o.Kind, o.Source, "test", reference: null, CancellationToken.None), Model.Refused);
            case Operation.ClawBack o:
                return Balance(await ledger.ClawBackAsync(o.User, o.Origin, o.Credits, o.Source, "test", CancellationToken.None));
            case Operation.Restore o:
                return Balance(await ledger.RestoreAsync(o.User, o.Origin, o.Credits, o.Source, "test", CancellationToken.None));
            case Operation.Freeze o:
                await ledger.FreezeAsync(o.User, o.Origin, o.Frozen, CancellationToken.None);
                return Model.Nothing;
            case Operation.Hold o:
                return await TextAsync("SELECT state || ' ' || committed FROM credit_hold(@Id, @User, @Credits, interval '1 day', 'test', NULL)", o) ?? Model.Refused;
            case Operation.Settle o:
                return await TextAsync("SELECT state || ' ' || committed FROM credit_settle(@Id, @User, @Credits)", o) ?? Model.Nothing;
            case Operation.Expire o:
                return await TextAsync("""
                    SELECT e.amount || ', ' || e.balance_after FROM credit_lots l, credit_expire(@User, l.id) AS e WHERE l.source = @Source AND l.user_id = @User
                    """, o) ?? Model.Nothing;
            // Nobody but time can do these, so the owner does them.
            case Operation.Pass o:
                return await AsOwnerAsync("""
                    UPDATE credit_lots SET expires_at = expires_at - interval '90 years' WHERE source = @Source AND user_id = @User AND expires_at > now()
                    """, o);
            case Operation.Overrun o:
                return await AsOwnerAsync("UPDATE credit_reservations SET expires_at = now() - interval '1 day' WHERE id = @Id AND state = 'held'", o);
            default:
                throw new ArgumentOutOfRangeException(nameof(operation));
        }

        async Task<string> AsOwnerAsync(string sql, object parameters)
        {
            await connection.ExecuteAsync($"SET LOCAL ROLE NONE; {sql}; SET LOCAL ROLE billing_app", parameters); // one round trip
            return Model.Nothing;
        }

        Task<string?> TextAsync(string sql, object parameters) => connection.ExecuteScalarAsync<string?>(sql, parameters);
    }

    private static string Balance(Posting? posting, string otherwise = "") =>
        posting is null ? otherwise : posting.BalanceAfter.ToString(CultureInfo.InvariantCulture);
}
