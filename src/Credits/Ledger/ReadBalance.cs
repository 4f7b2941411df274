using MediatR;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BillingMonolith.Credits;

/// <summary>Reads a user's balance.</summary>
/// <param name="UserId">The Keycloak user id.</param>
public sealed record ReadBalance(string UserId) : IRequest<CreditBalance>;

/// <summary>A user's balance. It is the sum of available, reserved and frozen credits, and for about a minute also those that have just expired.</summary>
/// <param name="Balance">All credits that the user owns.</param>
/// <param name="Reserved">Held by open reservations.</param>
/// <param name="Available">Credits that can be spent now.</param>
/// <param name="Frozen">Credits of a purchase in dispute.</param>
/// <param name="Debt">Credits that were refunded after they were spent; the next grant repays them.</param>
/// <param name="ExpiringSoon">The part of the available credits that ends within seven days.</param>
/// <param name="NextExpiryAt">The earliest end among the available credits; null = never.</param>
/// <param name="LastUpdated">The last change of the balance; null = there was none.</param>
/// <param name="LowBalance">Whether the balance is below the service's threshold.</param>
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
