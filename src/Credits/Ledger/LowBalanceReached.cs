using MediatR;

namespace BillingMonolith.Credits;

/// <summary>A user's balance has fallen below the threshold: published once per user and day, in the transaction that spends.</summary>
/// <param name="Cause">The request.</param>
/// <param name="UserId">The Keycloak user id.</param>
/// <param name="Day">The day, in UTC.</param>
/// <param name="Balance">The rest.</param>
/// <param name="Threshold">The threshold: the balance is lower.</param>
public sealed record LowBalanceReached(string Cause, string UserId, DateOnly Day, long Balance, long Threshold) : INotification;
