using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Credits;

/// <summary>Holds credits for a while, the whole amount or none.</summary>
/// <param name="Once">The caller and the key of the request.</param>
/// <param name="UserId">The user who owns the credits.</param>
/// <param name="Amount">1 to 1,000,000,000.</param>
/// <param name="Reason">The purpose, for people: 3 to 200 characters.</param>
/// <param name="Reference">The spender's own id of the purpose, at most 200 characters.</param>
/// <param name="ExpiresInSeconds">The length of the hold: 10 seconds to a day.</param>
public sealed record HoldCredits(RequestKey Once, string UserId, long Amount, string Reason, string? Reference, int ExpiresInSeconds)
    : IRequest<Reservation>, IOnce;

internal sealed class HoldCreditsValidator : AbstractValidator<HoldCredits>
{
    public HoldCreditsValidator()
    {
        RuleFor(h => h.UserId).IsUser();
        RuleFor(h => h.Amount).IsAmount();
        RuleFor(h => h.Reason).IsReason(longest: 200);
        RuleFor(h => h.Reference).IsReference();
        RuleFor(h => h.ExpiresInSeconds).InclusiveBetween(10, 86_400).WithMessage("10 to 86400.");
    }
}

internal sealed class HoldCreditsHandler(Ledger ledger, TimeProvider time) : IRequestHandler<HoldCredits, Reservation>
{
    public async Task<Reservation> Handle(HoldCredits command, CancellationToken cancellationToken)
    {
        var held = await ledger.HoldAsync(Guid.CreateVersion7(time.GetUtcNow()), command, cancellationToken);
        var standing = await ledger.StandingAsync(command.UserId, cancellationToken);
        return held?.With(standing) ?? throw standing.TooLittleFor(command.Amount);
    }
}
