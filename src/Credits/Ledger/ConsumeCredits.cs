using System.Net;
using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;
using Npgsql;

namespace BillingMonolith.Credits;

/// <summary>Spends a user's credits, the whole amount or none, in burn order: by priority, then the earliest end, then age.</summary>
/// <param name="Once">The caller and the key of the request.</param>
/// <param name="UserId">The user whose credits are spent; the caller's route has checked the permission.</param>
/// <param name="Amount">1 to 1,000,000,000.</param>
/// <param name="Reason">The purpose, for people: 3 to 200 characters.</param>
/// <param name="Reference">The spender's own id of the purpose, at most 200 characters.</param>
public sealed record ConsumeCredits(RequestKey Once, string UserId, long Amount, string Reason, string? Reference) : IRequest<CreditsConsumed>, IOnce;

/// <summary>Spent credits.</summary>
/// <param name="Balance">The user's balance after it.</param>
/// <param name="TransactionId">The entry in the ledger.</param>
public sealed record CreditsConsumed(long Balance, long TransactionId);

internal sealed class ConsumeCreditsValidator : AbstractValidator<ConsumeCredits>
{
    public ConsumeCreditsValidator()
    {
        RuleFor(c => c.UserId).IsUser();
        RuleFor(c => c.Amount).IsAmount();
        RuleFor(c => c.Reason).IsReason(longest: 200);
        RuleFor(c => c.Reference).IsReference();
    }
}

internal sealed class ConsumeCreditsHandler(Ledger ledger, AfterSpending after, UnitOfWork work) : IRequestHandler<ConsumeCredits, CreditsConsumed>
{
    public async Task<CreditsConsumed> Handle(ConsumeCredits command, CancellationToken cancellationToken)
    {
        var taken = await TakeAsync(command, cancellationToken)
            ?? throw (await ledger.StandingAsync(command.UserId, cancellationToken)).TooLittleFor(command.Amount);
        work.Record(new AuditEntry("credit.deduct", "transaction", $"{taken.EntryId}", command.Once.RequestId)
        {
            UserId = command.UserId,
            Metadata = new { by = command.Once.Caller, credits = -command.Amount, reason = command.Reason, reference = command.Reference },
        });
        await after.RunAsync(command.UserId, taken.BalanceAfter, command.Once.RequestId, cancellationToken);
        return new CreditsConsumed(taken.BalanceAfter, taken.EntryId);
    }

    // The ledger keeps the key for ever, also when the answer under it is no longer kept.
    private async Task<Posting?> TakeAsync(ConsumeCredits command, CancellationToken cancellationToken)
    {
        try
        {
            return await ledger.TakeAsync(command.UserId, command.Amount, "consume", $"consume:{command.Once.Caller}:{command.Once.Key}",
                command.Reason, command.Reference, cancellationToken);
        }
        catch (PostgresException e) when (e is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "credit_entries_source_key" })
        {
            throw new RefusalException(HttpStatusCode.UnprocessableEntity, "idempotency-key-reused",
                "Credits were spent under this Idempotency-Key long ago, and its answer is no longer kept. Take a new key for a new request.");
        }
    }
}
