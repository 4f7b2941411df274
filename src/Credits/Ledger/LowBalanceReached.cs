using MediatR;

namespace BillingMonolith.Credits;

/// <summary>A user has spent down to few credits: published once per user and day, in the transaction that spends.</summary>
/// <param name="Cause">The request.</param>
/// <param name="UserId">The Keycloak user id.</param>
/// <param name="Day">The day, in UTC.</param>
/// <param name="Balance">What is left.</param>
/// <param name="Threshold">Fewer than these are few.</param>
public sealed record LowBalanceReached(string Cause, string UserId, DateOnly Day, long Balance, long Threshold) : INotification;
