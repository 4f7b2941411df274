using Dapper;

namespace BillingMonolith.SharedKernel;

/// <summary>
/// A command that grants what was paid shares the payments; a command that records what came back of them has them alone. So a grant and a refund that meet
/// cannot overlook each other. Taken before any row. A payment has one of 64 locks: a set of hundreds takes no more.
/// </summary>
public static class PaymentLock
{
    /// <summary>Credits' class of locks, beside those of subjects, which have one number.</summary>
    public const int Credits = 6;

    /// <summary>Orders' class: two rooms that wait for each other's locks in different orders would be a deadlock.</summary>
    public const int Orders = 7;

    /// <summary>Holds the locks of these payments until the end of the transaction.</summary>
    /// <param name="work">The command's transaction.</param>
    /// <param name="lockClass">The room's.</param>
    /// <param name="payments">Ids of payment intents; null ones have no lock.</param>
    /// <param name="alone">Whether nobody may share them.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task HoldAsync(UnitOfWork work, int lockClass, IEnumerable<string?> payments, bool alone, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition($"""
            SELECT count(pg_advisory_xact_lock{(alone ? "" : "_shared")}(@lockClass, bucket))
            FROM (SELECT DISTINCT (hashtextextended(payment, 0) & 63)::int AS bucket FROM unnest(@Payments) AS payment WHERE payment IS NOT NULL ORDER BY 1) b
            """, new { lockClass, Payments = payments.ToArray() }, cancellationToken: cancellationToken));
    }
}
