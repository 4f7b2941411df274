using MediatR;

namespace BillingMonolith.Credits;

/// <summary>Releases a reservation's credits; a repeat changes nothing.</summary>
/// <param name="Id">The reservation.</param>
/// <param name="OwnerId">The required owner; null = any.</param>
public sealed record ReleaseReservation(Guid Id, string? OwnerId) : IRequest<Reservation>;

internal sealed class ReleaseReservationHandler(Ledger ledger) : IRequestHandler<ReleaseReservation, Reservation>
{
    public async Task<Reservation> Handle(ReleaseReservation command, CancellationToken cancellationToken)
    {
        var (was, row) = await ledger.EndHoldAsync(command.Id, command.OwnerId, amount: 0, cancellationToken) ?? throw Reservation.Unknown();
        return was is Reservation.Held or Reservation.Released
            ? row.With(await ledger.StandingAsync(row.UserId, cancellationToken))
            : throw Reservation.Ended(was);
    }
}
