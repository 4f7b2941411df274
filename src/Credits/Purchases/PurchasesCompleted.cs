using MediatR;

namespace BillingMonolith.Credits;

/// <summary>Purchases were paid and their credits granted: published once for each, in the transaction that grants.</summary>
/// <param name="Cause">The event or request; of a set, the first one's.</param>
/// <param name="Purchases">Which.</param>
public sealed record PurchasesCompleted(string Cause, IReadOnlyList<CompletedPurchase> Purchases) : INotification;

/// <summary>A purchase that was paid. Amounts are in the minor unit of the currency.</summary>
/// <param name="Id">Its id.</param>
/// <param name="UserId">The buyer: the Keycloak user id.</param>
/// <param name="UserEmail">The buyer's address when it was begun, or as the session has it; null when neither knows one.</param>
/// <param name="PackageCode">What was sold.</param>
/// <param name="PackageName">As the buyer sees it.</param>
/// <param name="Credits">What it gave.</param>
/// <param name="AmountPaidMinor">What was paid.</param>
/// <param name="DiscountMinor">What a promotion code took off.</param>
/// <param name="Currency">ISO 4217, lower case.</param>
/// <param name="IsTopUp">Whether automatic top-up bought it.</param>
/// <param name="CompletedAt">When.</param>
public sealed record CompletedPurchase(
    Guid Id, string UserId, string? UserEmail, string PackageCode, string PackageName, long Credits, long AmountPaidMinor, long DiscountMinor,
    string Currency, bool IsTopUp, DateTime CompletedAt);
