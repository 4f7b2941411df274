using Dapper;
using FluentValidation;
using MediatR;
using Npgsql;

namespace BillingMonolith.Credits;

/// <summary>Reads requests for approval, the latest first.</summary>
/// <param name="State">Only those in this state; null = all.</param>
/// <param name="Limit">At most so many.</param>
/// <param name="Before">Older than this one, where a page before ended.</param>
public sealed record ReadApprovals(string? State, int Limit, Guid? Before) : IRequest<ApprovalPage>;

/// <summary>Some requests for approval.</summary>
/// <param name="Approvals">The latest first.</param>
/// <param name="HasMore">Whether older ones follow.</param>
public sealed record ApprovalPage(IReadOnlyList<Approval> Approvals, bool HasMore);

internal sealed class ReadApprovalsValidator : AbstractValidator<ReadApprovals>
{
    public ReadApprovalsValidator()
    {
        RuleFor(q => q.State).Must(s => s is null or "pending" or "approved" or "rejected" or "expired")
            .WithMessage("pending, approved, rejected or expired; or absent.");
        RuleFor(q => q.Limit).InclusiveBetween(1, 200).WithMessage("1 to 200.");
    }
}

internal sealed class ReadApprovalsHandler(NpgsqlDataSource database) : IRequestHandler<ReadApprovals, ApprovalPage>
{
    public async Task<ApprovalPage> Handle(ReadApprovals query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = (await connection.QueryAsync<Approval>(new CommandDefinition($"""
            SELECT {Approval.Columns} FROM credit_approvals
            WHERE true {(query.State is null ? "" : $"AND {Approval.StateNow} = @State")} {(query.Before is null ? "" : "AND id < @Before")}
            ORDER BY id DESC LIMIT @Take
            """, new { query.State, query.Before, Take = query.Limit + 1 }, cancellationToken: cancellationToken))).AsList();
        return new ApprovalPage([.. rows.Take(query.Limit)], rows.Count > query.Limit);
    }
}
