using MediatR;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BillingMonolith.Credits;

/// <summary>Reads how a user stands.</summary>
/// <param name="UserId">The Keycloak user id.</param>
public sealed record ReadBalance(string UserId) : IRequest<CreditBalance>;

/// <summary>How a user stands. The balance is what is available, reserved and frozen together, and for a minute or so also what has just ended.</summary>
/// <param name="Balance">What is owned.</param>
/// <param name="Reserved">Held by open reservations.</param>
/// <param name="Available">What can be spent now.</param>
/// <param name="Frozen">Of a purchase in dispute.</param>
/// <param name="Debt">Refunded after it was spent; what comes in next repays it.</param>
/// <param name="ExpiringSoon">What of the available ends within seven days.</param>
/// <param name="NextExpiryAt">When the first of the available end; null = never.</param>
/// <param name="LastUpdated">The last change of the balance; null = there was none.</param>
/// <param name="LowBalance">Fewer than the service's threshold.</param>
public sealed record CreditBalance(long Balance, long Reserved, long Available, long Frozen, long Debt, long ExpiringSoon, DateTime? NextExpiryAt,
    DateTime? LastUpdated, bool LowBalance);

internal sealed class ReadBalanceHandler(NpgsqlDataSource database, IOptionsMonitor<CreditsOptions> options) : IRequestHandler<ReadBalance, CreditBalance>
{
    public async Task<CreditBalance> Handle(ReadBalance query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var s = await Standing.ReadAsync(connection, query.UserId, cancellationToken);
        return new CreditBalance(s.Balance, s.Reserved, s.Available, s.Frozen, s.Debt, s.ExpiringSoon, s.NextExpiryAt, s.UpdatedAt,
            options.CurrentValue.IsLow(s.Balance));
    }
}
