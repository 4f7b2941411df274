using System.Globalization;
using BillingMonolith.SharedKernel;
using Dapper;
using MediatR;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Credits;

/// <summary>The consequences of spending credits: every consumption and every commit of a reservation ends here, in its transaction.</summary>
internal sealed class AfterSpending(
    UnitOfWork work, TopUps topUps, IMediator mediator, IOptionsMonitor<CreditsOptions> options, ILogger<AfterSpending> log)
{
    public async Task RunAsync(string userId, long balance, string cause, CancellationToken cancellationToken)
    {
        if (options.CurrentValue.IsLow(balance)) await AlertAsync(userId, balance, cause, cancellationToken);
        await topUps.ConsiderAsync(userId, balance, cause, cancellationToken);
    }

    private async Task AlertAsync(string userId, long balance, string cause, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        var day = await connection.ExecuteScalarAsync<string?>(new CommandDefinition("""
            INSERT INTO credit_low_balance_alerts (user_id, day, balance) VALUES (@userId, (now() AT TIME ZONE 'UTC')::date, @balance) ON CONFLICT DO NOTHING
            RETURNING day::text
            """, new { userId, balance }, cancellationToken: cancellationToken));
        if (day is null) return; // the alert was sent already

        work.Record(new AuditEntry("credit.low_balance", "user", userId, cause)
        {
            UserId = userId,
            Metadata = new { balance, threshold = options.CurrentValue.LowBalance },
        });
        log.LogInformation("User {UserId} has {Balance} credits left, fewer than {Threshold}", userId, balance, options.CurrentValue.LowBalance);
        var today = DateOnly.ParseExact(day, "O", CultureInfo.InvariantCulture);
        await mediator.Publish(new LowBalanceReached(cause, userId, today, balance, options.CurrentValue.LowBalance), cancellationToken);
    }
}
