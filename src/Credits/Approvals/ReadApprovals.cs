using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Credits;

/// <summary>Reads requests for approval, the latest first.</summary>
/// <param name="State">Only those in this state; null = all.</param>
/// <param name="Limit">At most so many.</param>
/// <param name="Before">Requests older than this one, the end of the previous page.</param>
public sealed record ReadApprovals(string? State, int Limit, Guid? Before) : IRequest<ApprovalPage>;

/// <summary>A page of requests for approval.</summary>
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

internal sealed class ReadApprovalsHandler(IDbContextFactory<CreditsContext> contexts) : IRequestHandler<ReadApprovals, ApprovalPage>
{
    public async Task<ApprovalPage> Handle(ReadApprovals query, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var approvals = query.State switch
        {
            null => db.Approvals,
            Approval.Pending => db.Approvals.Where(a => a.State == Approval.Pending && a.ExpiresAt > CreditsContext.Now()),
            Approval.Expired => db.Approvals.Where(a => a.State == Approval.Pending && a.ExpiresAt <= CreditsContext.Now()),
            _ => db.Approvals.Where(a => a.State == query.State),
        };
        if (query.Before is { } before) approvals = approvals.Where(a => a.Id < before);
        var rows = await approvals.OrderByDescending(a => a.Id).Take(query.Limit + 1).Select(a => new { Approval = a, Now = CreditsContext.Now() })
            .ToListAsync(cancellationToken);
        return new ApprovalPage([.. rows.Take(query.Limit).Select(r => r.Approval.At(r.Now))], rows.Count > query.Limit);
    }
}
