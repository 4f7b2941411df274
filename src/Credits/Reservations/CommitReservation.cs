using System.Net;
using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Credits;

/// <summary>Spends all or part of a reservation's credits, and releases the rest.</summary>
/// <param name="Once">The caller and the key of the request.</param>
/// <param name="Id">The reservation.</param>
/// <param name="OwnerId">The required owner; null = any.</param>
/// <param name="Amount">At most the held amount; null = all of it.</param>
public sealed record CommitReservation(RequestKey Once, Guid Id, string? OwnerId, long? Amount) : IRequest<Reservation>, IOnce;

internal sealed class CommitReservationValidator : AbstractValidator<CommitReservation>
{
    public CommitReservationValidator() => RuleFor(c => c.Amount!.Value).IsAmount().When(c => c.Amount is not null).OverridePropertyName("amount");
}

internal sealed class CommitReservationHandler(Ledger ledger, AfterSpending after, UnitOfWork work) : IRequestHandler<CommitReservation, Reservation>
{
    public async Task<Reservation> Handle(CommitReservation command, CancellationToken cancellationToken)
    {
        var (was, row) = await ledger.EndHoldAsync(command.Id, command.OwnerId, command.Amount, cancellationToken) ?? throw Reservation.Unknown();
        if (was != Reservation.Held) throw Reservation.Ended(was);
        if (row.State == Reservation.Held)
            throw new RefusalException(HttpStatusCode.UnprocessableEntity, "exceeds-reservation",
                $"{command.Amount} credits are asked, and the reservation holds {row.Amount}. It is held as before.");

        work.Record(new AuditEntry("credit.deduct", "transaction", $"{row.TransactionId}", command.Once.RequestId)
        {
            UserId = row.UserId,
            Metadata = new { by = command.Once.Caller, credits = -row.Committed, reason = row.Reason, reference = row.Reference, reservation = row.Id },
        });
        var reservation = row.With(await ledger.StandingAsync(row.UserId, cancellationToken));
        await after.RunAsync(row.UserId, reservation.Balance, command.Once.RequestId, cancellationToken);
        return reservation;
    }
}
