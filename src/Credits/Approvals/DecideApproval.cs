using System.Net;
using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Credits;

/// <summary>A second administrator approves a change, which makes it, or rejects it. It is decided once, and never by the requester.</summary>
/// <param name="Cause">The request behind it.</param>
/// <param name="Id">The approval.</param>
/// <param name="By">The Keycloak user id of the administrator who decides.</param>
/// <param name="Approve">Whether to make the change.</param>
/// <param name="Reason">The reason for a rejection, 3 to 500 characters.</param>
public sealed record DecideApproval(string Cause, Guid Id, string By, bool Approve, string? Reason) : IRequest<Approval>;

internal sealed class DecideApprovalValidator : AbstractValidator<DecideApproval>
{
    public DecideApprovalValidator() => RuleFor(d => d.Reason ?? "").IsReason(longest: 500).When(d => !d.Approve).OverridePropertyName("reason");
}

internal sealed class DecideApprovalHandler(Changes changes, UnitOfWork work) : IRequestHandler<DecideApproval, Approval>
{
    public async Task<Approval> Handle(DecideApproval command, CancellationToken cancellationToken)
    {
        var db = await work.ContextAsync<CreditsContext>(cancellationToken);
        var found = await db.Approvals.FromSql($"SELECT * FROM credit_approvals WHERE id = {command.Id} FOR UPDATE")
            .Select(a => new { Approval = a, Now = CreditsContext.Now() }).SingleOrDefaultAsync(cancellationToken) ?? throw Approval.Unknown();
        var asked = found.Approval.At(found.Now);
        if (asked.State != Approval.Pending)
            throw new RefusalException(HttpStatusCode.Conflict, "approval-decided", $"The request is {asked.State} already.");
        if (asked.RequestedBy == command.By)
            throw new RefusalException(HttpStatusCode.Forbidden, "four-eyes", "You asked for this yourself. Another administrator must decide.");

        long? entryId = command.Approve ? (await changes.DoAsync(Of(asked, command), cancellationToken)).TransactionId : null;
        work.Record(asked.Entry(command.Approve ? "approved" : "rejected", command.By, command.Cause, command.Reason));
        return await db.WriteAsync(asked, asked with
        {
            State = command.Approve ? "approved" : "rejected", DecidedBy = command.By, DecidedAt = found.Now, DecisionReason = command.Reason,
            TransactionId = entryId,
        }, cancellationToken);
    }

    private static Change Of(Approval asked, DecideApproval decision) =>
        new(asked.Kind, asked.Id, asked.UserId, asked.Credits, asked.Reason, asked.CreditsExpireAt, asked.RequestedBy, decision.Cause)
        {
            ApprovedBy = decision.By,
        };
}
