using System.Globalization;
using BillingMonolith.SharedKernel;

namespace BillingMonolith.Credits;

/// <summary>The terms of a sale, as they were at the time.</summary>
internal sealed record PurchaseSnapshot(
    string UserId, string PackageCode, string PackageName, long Credits, long PriceMinor, string Currency, int? ExpiresAfterDays)
{
    /// <summary>The purchase that gets its session by this step; null = it has one already, or there is none yet.</summary>
    public Guid? Learns { get; init; }
    /// <summary>The reason why the session cannot belong to the purchase that it names.</summary>
    public string? Conflict { get; init; }
}

internal static class PurchaseStatus
{
    public const string Pending = "pending";
    public const string Processing = "processing";
    public const string Completed = "completed";
    public const string Failed = "failed";
    public const string Refunded = "refunded";
    public const string Disputed = "disputed";
}

/// <summary>The decision on one step: pure, from the step and the snapshot alone.</summary>
internal sealed record Settlement(SettlePurchase Step, PurchaseSnapshot? Snapshot, Outcome Outcome)
{
    /// <summary>The purchase's new status; null = nothing to write.</summary>
    public string? Status { get; private init; }
    public string? FailureReason { get; private init; }
    public Grant? Grant { get; private init; }
    /// <summary>A warning for the operator.</summary>
    public string? Alert { get; private init; }

    public int Rank => Status switch { PurchaseStatus.Completed => 2, PurchaseStatus.Failed => 1, _ => 0 };

    public static Settlement Of(SettlePurchase step, PurchaseSnapshot? snapshot, DateTimeOffset now)
    {
        if (snapshot is null)
            return Park(step, snapshot, $"Package '{step.PackageCode}' is not in the catalogue. Add it (credit_packages), then replay the event.");
        if (snapshot.Conflict is { } conflict) return Park(step, snapshot, conflict);
        return step.Payment switch
        {
            Payment.Paid => Paid(step, snapshot, now),
            Payment.Processing => Move(step, snapshot, PurchaseStatus.Processing, null),
            Payment.Failed => Move(step, snapshot, PurchaseStatus.Failed, "The payment failed."),
            _ => Move(step, snapshot, PurchaseStatus.Failed, "The checkout session expired before it was paid."),
        };
    }

    private static Settlement Paid(SettlePurchase step, PurchaseSnapshot snapshot, DateTimeOffset now)
    {
        if (step.AmountSubtotalMinor != snapshot.PriceMinor || step.Currency != snapshot.Currency)
        {
            return Park(step, snapshot, string.Create(CultureInfo.InvariantCulture,
                $"Paid for {step.AmountSubtotalMinor} {step.Currency}, but package '{snapshot.PackageCode}' was sold for "
                + $"{snapshot.PriceMinor} {snapshot.Currency} (minor units). Nothing was granted."));
        }

        return new Settlement(step, snapshot, Outcome.Done)
        {
            Status = PurchaseStatus.Completed,
            Grant = new Grant($"session:{step.SessionId}", snapshot.UserId, snapshot.Credits, Ledger.PurchasePriority,
                snapshot.ExpiresAfterDays is { } days ? now.AddDays(days) : null),
            Alert = step.ClaimedCredits is null || step.ClaimedCredits == snapshot.Credits.ToString(CultureInfo.InvariantCulture)
                ? null
                : $"metadata.credits says '{step.ClaimedCredits}'; the purchase's {snapshot.Credits} were granted.",
        };
    }

    private static Settlement Move(SettlePurchase step, PurchaseSnapshot snapshot, string status, string? reason) =>
        new(step, snapshot, Outcome.Done) { Status = status, FailureReason = reason };

    private static Settlement Park(SettlePurchase step, PurchaseSnapshot? snapshot, string reason) =>
        new(step, snapshot, new Outcome.Parked(reason)) { Alert = reason };
}
