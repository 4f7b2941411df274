using Dapper;
using MediatR;
using Npgsql;

namespace BillingMonolith.Credits;

/// <summary>Reads a reservation as it is now.</summary>
/// <param name="Id">The reservation.</param>
/// <param name="OwnerId">The required owner; null = any.</param>
public sealed record ReadReservation(Guid Id, string? OwnerId) : IRequest<Reservation>;

internal sealed class ReadReservationHandler(NpgsqlDataSource database) : IRequestHandler<ReadReservation, Reservation>
{
    public async Task<Reservation> Handle(ReadReservation query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var row = await connection.QuerySingleOrDefaultAsync<ReservationRow>(new CommandDefinition("""
            SELECT id, user_id AS UserId, amount, CASE WHEN state = 'held' AND expires_at <= now() THEN 'expired' ELSE state END AS State, committed,
                   expires_at AS ExpiresAt, reason, reference, entry_id AS TransactionId
            FROM credit_reservations WHERE id = @Id AND (@OwnerId IS NULL OR user_id = @OwnerId)
            """, query, cancellationToken: cancellationToken)) ?? throw Reservation.Unknown();
        return row.With(await Standing.ReadAsync(connection, row.UserId, cancellationToken));
    }
}
