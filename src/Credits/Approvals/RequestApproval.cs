using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Credits;

/// <summary>Requests a grant or an adjustment that a second administrator must approve; nothing is given or taken yet.</summary>
/// <param name="Once">The caller and the key of the request.</param>
/// <param name="Kind"><c>grant</c> or <c>adjustment</c>.</param>
/// <param name="UserId">The Keycloak user id. The caller checks that the user exists.</param>
/// <param name="Credits">The number of credits; the limits are those of the change.</param>
/// <param name="Reason">For the audit log and the user's transactions, 3 to 500 characters.</param>
/// <param name="ExpiresAt">The time when the rest of the credits ends; null = never.</param>
public sealed record RequestApproval(RequestKey Once, string Kind, string UserId, long Credits, string Reason, DateTimeOffset? ExpiresAt)
    : IRequest<Approval>, IOnce;

internal sealed class RequestApprovalValidator : AbstractValidator<RequestApproval>
{
    public RequestApprovalValidator(IValidator<GrantCredits> grant, IValidator<AdjustCredits> adjustment)
    {
        RuleFor(r => r.Kind).Must(k => k is Change.Grant or Change.Adjustment);
        RuleFor(r => new GrantCredits(r.Once, r.UserId, r.Credits, r.Reason, r.ExpiresAt)).SetValidator(grant).When(r => r.Kind == Change.Grant);
        RuleFor(r => new AdjustCredits(r.Once, r.UserId, r.Credits, r.Reason)).SetValidator(adjustment).When(r => r.Kind == Change.Adjustment);
    }
}

internal sealed class RequestApprovalHandler(UnitOfWork work, TimeProvider time) : IRequestHandler<RequestApproval, Approval>
{
    public async Task<Approval> Handle(RequestApproval command, CancellationToken cancellationToken)
    {
        var db = await work.ContextAsync<CreditsContext>(cancellationToken);
        var (id, endsAt) = (Guid.CreateVersion7(time.GetUtcNow()), command.ExpiresAt?.UtcDateTime);
        var approval = (await db.Approvals.FromSql($"""
            INSERT INTO credit_approvals (id, kind, user_id, credits, reason, ends_at, requested_by, expires_at)
            VALUES ({id}, {command.Kind}, {command.UserId}, {command.Credits}, {command.Reason}, {endsAt}, {command.Once.Caller},
              least(now() + interval '7 days', {endsAt}))
            RETURNING *
            """).ToListAsync(cancellationToken)).Single();
        work.Record(approval.Entry("requested", command.Once.Caller, command.Once.RequestId));
        return approval;
    }
}
