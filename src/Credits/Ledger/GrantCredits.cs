using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Credits;

/// <summary>Gives a user credits on the request of a person or a permitted service; once per request key.</summary>
/// <param name="Once">The caller and the key of the request.</param>
/// <param name="UserId">The Keycloak user id. The caller checks that the user exists.</param>
/// <param name="Credits">1 to 1,000,000.</param>
/// <param name="Reason">For the audit log and the user's transactions, 3 to 500 characters.</param>
/// <param name="ExpiresAt">The time when the rest of them ends; null = never.</param>
public sealed record GrantCredits(RequestKey Once, string UserId, long Credits, string Reason, DateTimeOffset? ExpiresAt) : IRequest<CreditsGranted>, IOnce;

/// <summary>A grant or an adjustment that was made.</summary>
/// <param name="TransactionId">The entry in the ledger.</param>
/// <param name="UserId">The user who owns the credits.</param>
/// <param name="Credits">The number of credits; negative = taken.</param>
/// <param name="Balance">The user's balance after it.</param>
public sealed record CreditsGranted(long TransactionId, string UserId, long Credits, long Balance);

internal sealed class GrantCreditsValidator : AbstractValidator<GrantCredits>
{
    public GrantCreditsValidator(TimeProvider time)
    {
        RuleFor(g => g.UserId).IsKnownUser();
        RuleFor(g => g.Credits).InclusiveBetween(1, 1_000_000).WithMessage("1 to 1000000.");
        RuleFor(g => g.Reason).IsReason(longest: 500);
        RuleFor(g => g.ExpiresAt).Must(at => at is null || at > time.GetUtcNow()).WithMessage("In the future, or absent.");
    }
}

internal sealed class GrantCreditsHandler(Changes changes, IOptionsMonitor<CreditsOptions> options, TimeProvider time)
    : IRequestHandler<GrantCredits, CreditsGranted>
{
    public Task<CreditsGranted> Handle(GrantCredits command, CancellationToken cancellationToken) => options.CurrentValue.NeedsApproval(command.Credits)
        ? throw Change.Unapproved(options.CurrentValue)
        : changes.DoAsync(new Change(Change.Grant, Guid.CreateVersion7(time.GetUtcNow()), command.UserId, command.Credits, command.Reason, command.ExpiresAt,
            command.Once.Caller, command.Once.RequestId), cancellationToken);
}
