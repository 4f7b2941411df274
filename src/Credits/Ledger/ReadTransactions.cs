using Dapper;
using FluentValidation;
using MediatR;
using Npgsql;

namespace BillingMonolith.Credits;

/// <summary>Reads a user's ledger, the latest first.</summary>
/// <param name="UserId">The Keycloak user id.</param>
/// <param name="Limit">At most so many.</param>
/// <param name="Offset">How many to skip; better: <paramref name="Before"/>.</param>
/// <param name="Before">Transactions older than this one, the end of the previous page.</param>
public sealed record ReadTransactions(string UserId, int Limit, int Offset, long? Before) : IRequest<TransactionPage>;

/// <summary>Some of a user's transactions.</summary>
/// <param name="Transactions">The latest first.</param>
/// <param name="HasMore">Whether older ones follow.</param>
public sealed record TransactionPage(IReadOnlyList<CreditTransaction> Transactions, bool HasMore);

/// <summary>An entry of the ledger. It never changes.</summary>
/// <param name="Id">A later transaction of a user has a greater id.</param>
/// <param name="Kind">`grant`, `consume`, `adjust`, `expire`, `clawback`, `restore` or `repay`.</param>
/// <param name="Amount">The credits that came in; negative = that went out.</param>
/// <param name="BalanceAfter">The balance after it.</param>
/// <param name="Debt">The increase of the debt; negative = a decrease.</param>
/// <param name="DebtAfter">The debt after it.</param>
/// <param name="Reason">For people; null when the kind says it.</param>
/// <param name="Reference">The spender's own id of the purpose; for expired or clawed back credits, the source of their grant.</param>
/// <param name="Source">The source of the entry: each source is posted once.</param>
/// <param name="CreatedAt">The time of posting.</param>
public sealed record CreditTransaction(long Id, string Kind, long Amount, long BalanceAfter, long Debt, long DebtAfter, string? Reason, string? Reference,
    string Source, DateTime CreatedAt);

internal sealed class ReadTransactionsValidator : AbstractValidator<ReadTransactions>
{
    public ReadTransactionsValidator()
    {
        RuleFor(q => q.Limit).InclusiveBetween(1, 200).WithMessage("1 to 200.");
        RuleFor(q => q.Offset).InclusiveBetween(0, 100_000).WithMessage("0 to 100000; beyond that, follow the cursor.");
    }
}

internal sealed class ReadTransactionsHandler(NpgsqlDataSource database) : IRequestHandler<ReadTransactions, TransactionPage>
{
    public async Task<TransactionPage> Handle(ReadTransactions query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = (await connection.QueryAsync<CreditTransaction>(new CommandDefinition($"""
            SELECT id, kind, amount, balance_after AS BalanceAfter, debt, debt_after AS DebtAfter, reason, reference, source, created_at AS CreatedAt
            FROM credit_entries WHERE user_id = @UserId {(query.Before is null ? "" : "AND id < @Before")}
            ORDER BY id DESC NULLS LAST LIMIT @Take OFFSET @Offset -- the order of credit_entries_by_user, and of no other index
            """, new { query.UserId, query.Before, query.Offset, Take = query.Limit + 1 }, cancellationToken: cancellationToken))).AsList();
        return new TransactionPage([.. rows.Take(query.Limit)], rows.Count > query.Limit);
    }
}
