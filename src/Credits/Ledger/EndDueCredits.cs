using BillingMonolith.SharedKernel;
using Dapper;
using MediatR;
using Npgsql;

namespace BillingMonolith.Credits;

/// <summary>A batch of users who have an expired lot or reservation, the longest expired first.</summary>
/// <param name="Except">Users to leave out.</param>
public sealed record FindDueCredits(IReadOnlyCollection<string> Except) : IRequest<IReadOnlyList<string>>;

/// <summary>Ends a user's expired reservations, which releases their credits, and expired lots, whose rest leaves the balance.</summary>
/// <param name="Cause">The cause, for the audit log.</param>
/// <param name="UserId">The Keycloak user id.</param>
public sealed record EndDueCredits(string Cause, string UserId) : IRequest;

internal sealed class FindDueCreditsHandler(NpgsqlDataSource database) : IRequestHandler<FindDueCredits, IReadOnlyList<string>>
{
    public async Task<IReadOnlyList<string>> Handle(FindDueCredits query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<string>(new CommandDefinition("""
            SELECT user_id FROM (
              (SELECT user_id, expires_at FROM credit_lots
               WHERE expires_at <= now() AND NOT spent AND NOT frozen AND remaining > held AND user_id <> ALL (@Except) ORDER BY expires_at LIMIT 500)
              UNION ALL
              (SELECT user_id, expires_at FROM credit_reservations
               WHERE expires_at <= now() AND state = 'held' AND user_id <> ALL (@Except) ORDER BY expires_at LIMIT 500)) due
            GROUP BY user_id ORDER BY min(expires_at)
            """, new { Except = query.Except.ToArray() }, cancellationToken: cancellationToken))).AsList();
    }
}

internal sealed class EndDueCreditsHandler(Ledger ledger, UnitOfWork work) : IRequestHandler<EndDueCredits>
{
    public async Task<Unit> Handle(EndDueCredits command, CancellationToken cancellationToken)
    {
        foreach (var ended in await ledger.SweepAsync(command.UserId, cancellationToken))
        {
            work.Record(new AuditEntry("credit.expire", "transaction", $"{ended.EntryId}", command.Cause)
            {
                UserId = command.UserId,
                Metadata = new { credits = ended.Amount, lot = ended.LotSource, expired_at = ended.EndedAt },
            });
        }

        return Unit.Value;
    }
}
