using System.Net;
using BillingMonolith.SharedKernel;
using Dapper;
using Npgsql;

namespace BillingMonolith.Credits;

/// <summary>A user's credits: how many they own, and how many they can spend now. Zeros for a user without an account.</summary>
internal sealed record Standing(
    long Balance, long Reserved, long Available, long Frozen, long Debt, long ExpiringSoon, DateTime? NextExpiryAt, DateTime? UpdatedAt)
{
    private static readonly Standing None = new(0, 0, 0, 0, 0, 0, null, null);

    public static async Task<Standing> ReadAsync(NpgsqlConnection connection, string userId, CancellationToken cancellationToken) =>
        await connection.QuerySingleOrDefaultAsync<Standing>(new CommandDefinition("""
            SELECT balance, reserved, available, frozen, debt, expiring_soon AS ExpiringSoon, next_expiry_at AS NextExpiryAt, updated_at AS UpdatedAt
            FROM credit_standing(@userId)
            """, new { userId }, cancellationToken: cancellationToken)) ?? None;

    /// <summary>The reason why the amount could not be taken.</summary>
    public RefusalException TooLittleFor(long asked, HttpStatusCode status = HttpStatusCode.PaymentRequired) =>
        new(status, "insufficient-credits", $"{asked} credits are asked, and {Available} are available now. Nothing was taken.");
}
