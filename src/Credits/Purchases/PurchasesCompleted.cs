using MediatR;

namespace BillingMonolith.Credits;

/// <summary>Purchases were paid and their credits granted: published once for each, in the transaction that grants.</summary>
/// <param name="Cause">The event or request; for a set, that of the first one.</param>
/// <param name="Purchases">The purchases.</param>
public sealed record PurchasesCompleted(string Cause, IReadOnlyList<CompletedPurchase> Purchases) : INotification;

/// <summary>A paid purchase. Amounts are in the minor unit of the currency.</summary>
/// <param name="Id">Its id.</param>
/// <param name="UserId">The buyer: the Keycloak user id.</param>
/// <param name="UserEmail">The buyer's address at the start, or the one in the session; null when both are missing.</param>
/// <param name="PackageCode">The code of the package.</param>
/// <param name="PackageName">The name that the buyer sees.</param>
/// <param name="Credits">The credits granted.</param>
/// <param name="AmountPaidMinor">The amount paid.</param>
/// <param name="DiscountMinor">The discount by a promotion code.</param>
/// <param name="Currency">ISO 4217, lower case.</param>
/// <param name="IsTopUp">Whether automatic top-up bought it.</param>
/// <param name="CompletedAt">The time of completion.</param>
public sealed record CompletedPurchase(
    Guid Id, string UserId, string? UserEmail, string PackageCode, string PackageName, long Credits, long AmountPaidMinor, long DiscountMinor,
    string Currency, bool IsTopUp, DateTime CompletedAt);
