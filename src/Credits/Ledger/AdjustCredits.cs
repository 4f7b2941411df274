using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Credits;

/// <summary>Corrects a balance: gives credits or takes them away, once per request key.</summary>
/// <param name="Once">The caller and the key of the request.</param>
/// <param name="UserId">The Keycloak user id. The caller checks that the user exists.</param>
/// <param name="Credits">-1,000,000 to 1,000,000 and not 0. Positive: a grant that never ends. Negative: credits are taken in burn order.</param>
/// <param name="Reason">For the audit log and the user's transactions, 3 to 500 characters.</param>
public sealed record AdjustCredits(RequestKey Once, string UserId, long Credits, string Reason) : IRequest<CreditsGranted>, IOnce;

internal sealed class AdjustCreditsValidator : AbstractValidator<AdjustCredits>
{
    public AdjustCreditsValidator()
    {
        RuleFor(a => a.UserId).IsKnownUser();
        RuleFor(a => a.Credits).Must(c => c is not 0 and >= -1_000_000 and <= 1_000_000).WithMessage("-1000000 to 1000000, and not 0.");
        RuleFor(a => a.Reason).IsReason(longest: 500);
    }
}

internal sealed class AdjustCreditsHandler(Changes changes, IOptionsMonitor<CreditsOptions> options, TimeProvider time)
    : IRequestHandler<AdjustCredits, CreditsGranted>
{
    public Task<CreditsGranted> Handle(AdjustCredits command, CancellationToken cancellationToken) => options.CurrentValue.NeedsApproval(command.Credits)
        ? throw Change.Unapproved(options.CurrentValue)
        : changes.DoAsync(new Change(Change.Adjustment, Guid.CreateVersion7(time.GetUtcNow()), command.UserId, command.Credits, command.Reason,
            ExpiresAt: null, command.Once.Caller, command.Once.RequestId), cancellationToken);
}
