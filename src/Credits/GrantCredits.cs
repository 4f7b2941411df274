using BillingMonolith.Audit;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Credits;

/// <summary>Gives a user credits because a person, or a service that may, says so; once per request key.</summary>
/// <param name="Once">Who grants, and the key of the request.</param>
/// <param name="UserId">The Keycloak user id. That the user exists is for the caller to check.</param>
/// <param name="Credits">1 to 1,000,000.</param>
/// <param name="Reason">For the audit log, 3 to 500 characters.</param>
/// <param name="ExpiresAt">When what is left of them ends; null = never.</param>
public sealed record GrantCredits(RequestKey Once, string UserId, long Credits, string Reason, DateTimeOffset? ExpiresAt) : IRequest<CreditsGranted>, IOnce;

/// <summary>A grant that stands.</summary>
/// <param name="TransactionId">The entry in the ledger.</param>
/// <param name="UserId">Who got them.</param>
/// <param name="Credits">How many.</param>
/// <param name="Balance">The user's balance after it.</param>
public sealed record CreditsGranted(long TransactionId, string UserId, long Credits, long Balance);

internal sealed class GrantCreditsValidator : AbstractValidator<GrantCredits>
{
    public GrantCreditsValidator(TimeProvider time)
    {
        RuleFor(g => g.UserId).Matches("^[A-Za-z0-9._:@-]{1,64}$").WithMessage("A Keycloak user id of at most 64 characters.");
        RuleFor(g => g.Credits).InclusiveBetween(1, 1_000_000).WithMessage("1 to 1000000.");
        RuleFor(g => g.Reason).Must(r => r.Trim().Length >= 3 && r.Length <= 500 && !r.Any(char.IsControl))
            .WithMessage("3 to 500 characters, without control characters.");
        RuleFor(g => g.ExpiresAt).Must(at => at is null || at > time.GetUtcNow()).WithMessage("In the future, or absent.");
    }
}

internal sealed class GrantCreditsHandler(Ledger ledger, UnitOfWork work, TimeProvider time) : IRequestHandler<GrantCredits, CreditsGranted>
{
    public async Task<CreditsGranted> Handle(GrantCredits command, CancellationToken cancellationToken)
    {
        var source = $"admin:{Guid.CreateVersion7(time.GetUtcNow())}";
        var grant = new Grant(source, command.UserId, command.Credits, Ledger.PurchasePriority, command.ExpiresAt, command.Reason);
        var posted = (await ledger.GrantAsync([grant], cancellationToken))[source];
        work.Record(new AuditEntry("credit.allocate", "grant", source, command.Once.RequestId)
        {
            UserId = command.UserId,
            Metadata = new { by = command.Once.Caller, reason = command.Reason, credits = command.Credits, expires_at = command.ExpiresAt },
        });
        return new CreditsGranted(posted.EntryId, command.UserId, command.Credits, posted.BalanceAfter);
    }
}
