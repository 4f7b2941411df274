using System.Data;
using Dapper;
using MediatR;
using Npgsql;

namespace BillingMonolith.Credits;

/// <summary>Recomputes the whole ledger from one snapshot and compares, while the hosts go on working.</summary>
/// <param name="Progress">Gets the progress.</param>
public sealed record VerifyLedger(IProgress<LedgerProgress>? Progress = null) : IRequest<LedgerReport>;

/// <summary>The progress of a verification.</summary>
/// <param name="Done">Users and lots checked so far.</param>
/// <param name="All">All users and lots.</param>
public sealed record LedgerProgress(long Done, long All);

/// <summary>The result of a verification.</summary>
/// <param name="Users">Accounts.</param>
/// <param name="Lots">Lots.</param>
/// <param name="Entries">Entries.</param>
/// <param name="FirstBad">The first row that contradicts the others; null = the ledger is sound.</param>
public sealed record LedgerReport(long Users, long Lots, long Entries, BadRow? FirstBad);

/// <summary>A row that contradicts the others.</summary>
/// <param name="Table">Its table.</param>
/// <param name="Id">Its id.</param>
/// <param name="UserId">The user who owns it.</param>
/// <param name="What">The column, or the value computed from it.</param>
/// <param name="Expected">The expected value; null = there should be no such row.</param>
/// <param name="Found">The actual value; null = there is no such row.</param>
public sealed record BadRow(string Table, string Id, string UserId, string What, long? Expected, long? Found);

internal sealed class VerifyLedgerHandler(NpgsqlDataSource database) : IRequestHandler<VerifyLedger, LedgerReport>
{
    public async Task<LedgerReport> Handle(VerifyLedger query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        await connection.ExecuteAsync("SET TRANSACTION READ ONLY");
        return await new Verification(connection, query.Progress, cancellationToken).RunAsync();
    }

    private sealed class Verification(NpgsqlConnection connection, IProgress<LedgerProgress>? progress, CancellationToken cancellationToken)
    {
        private const int UsersAtOnce = 500;
        private const int LotsAtOnce = 5000;
        private long done;
        private long all;

        public async Task<LedgerReport> RunAsync()
        {
            var (users, lots, entries) = await connection.QuerySingleAsync<(long, long, long)>(Command("""
                SELECT (SELECT count(*) FROM credit_accounts), (SELECT count(*) FROM credit_lots), (SELECT count(*) FROM credit_entries)
                """));
            all = users + lots;
            return new LedgerReport(users, lots, entries, await FirstBadOfUsersAsync() ?? await FirstBadLotAsync());
        }

        // From account to account; entries of users without an account lie between two of them, or after the last.
        private async Task<BadRow?> FirstBadOfUsersAsync()
        {
            for (var after = ""; ;)
            {
                var users = (await connection.QueryAsync<string>(Command("""
                    SELECT user_id FROM credit_accounts WHERE user_id > @after ORDER BY user_id LIMIT @UsersAtOnce
                    """, new { after, UsersAtOnce }))).AsList();
                var upto = users.Count == UsersAtOnce ? users[^1] : null;
                foreach (var check in LedgerChecks.OfUsers(bounded: upto is not null))
                    if (await FirstAsync(check, new { after, upto }) is { } found) return found;
                Report(users.Count);
                if (upto is null) return null;
                after = upto;
            }
        }

        private async Task<BadRow?> FirstBadLotAsync()
        {
            for (var after = 0L; ;)
            {
                var (last, count) = await connection.QuerySingleAsync<(long?, long)>(Command("""
                    SELECT max(id), count(*) FROM (SELECT id FROM credit_lots WHERE id > @after ORDER BY id LIMIT @LotsAtOnce) l
                    """, new { after, LotsAtOnce }));
                if (last is not { } upto) return null;
                if (await FirstAsync(LedgerChecks.OfLots, new { after, upto }) is { } found) return found;
                Report(count);
                after = upto;
            }
        }

        private void Report(long more) => progress?.Report(new LedgerProgress(done += more, all));

        private Task<BadRow?> FirstAsync(string check, object range) => connection.QueryFirstOrDefaultAsync<BadRow>(Command(check, range));

        // One user may have millions of entries, and they are checked in one statement.
        private CommandDefinition Command(string sql, object? parameters = null) =>
            new(sql, parameters, commandTimeout: 0, cancellationToken: cancellationToken);
    }
}
