using System.Globalization;
using BillingMonolith.SharedKernel;

namespace BillingMonolith.Credits;

/// <summary>The purchase behind a top-up, before the step.</summary>
internal sealed record TopUpPurchase(
    Guid Id, string UserId, string? UserEmail, string PackageCode, string PackageName, long Credits, long PriceMinor, string Currency, string Status,
    string? PaymentIntentId, int? ExpiresAfterDays)
{
    public bool IsOpen => Status is PurchaseStatus.Pending or PurchaseStatus.Processing;
}

/// <summary>The decision on one payment of a top-up: pure.</summary>
internal sealed record TopUpSettlement(Outcome Outcome)
{
    /// <summary>The purchase's new status; null = unchanged.</summary>
    public string? Status { get; private init; }
    public string? FailureReason { get; private init; }
    /// <summary>The reason for which automatic top-up stops; null = it goes on.</summary>
    public string? StopReason { get; private init; }

    public static TopUpSettlement Of(SettleTopUp step, TopUpPurchase? purchase) => (step.Payment, purchase) switch
    {
        (_, null) => Park($"There is no top-up with the id '{step.PurchaseId}' (metadata.purchase_id), so nobody can be given the credits."),
        (TopUpPayment.Paid, _) => Paid(step, purchase),
        _ when !purchase.IsOpen => new TopUpSettlement(new Outcome.Ignored($"The top-up is {purchase.Status} already.")),
        (TopUpPayment.Processing, _) => new TopUpSettlement(Outcome.Done) { Status = PurchaseStatus.Processing },
        (TopUpPayment.Declined, _) => Fail("The card was declined.", StopReasons.Declined),
        (TopUpPayment.AuthenticationRequired, _) => Fail("The bank requires authentication, and the buyer was not there.", StopReasons.AuthenticationRequired),
        (TopUpPayment.MethodGone, _) => Fail("The payment method is not saved any more.", StopReasons.MethodGone),
        (TopUpPayment.Refused, _) => Fail("Stripe refuses the payment as it was asked for.", StopReasons.Refused),
        _ => Fail("Stripe could not be reached for a day and knows of no such payment: nothing was charged.", stop: null),
    };

    // Money that arrived outweighs an earlier report: a failed top-up that is paid after all is granted.
    private static TopUpSettlement Paid(SettleTopUp step, TopUpPurchase purchase)
    {
        if (step.AmountMinor != purchase.PriceMinor || step.Currency != purchase.Currency)
        {
            return Park(string.Create(CultureInfo.InvariantCulture,
                $"Top-up {purchase.Id} was paid with {step.AmountMinor} {step.Currency}, but package '{purchase.PackageCode}' was sold for "
                + $"{purchase.PriceMinor} {purchase.Currency} (minor units). Nothing was granted."));
        }

        if (purchase.IsOpen || purchase.Status == PurchaseStatus.Failed) return new TopUpSettlement(Outcome.Done) { Status = PurchaseStatus.Completed };
        return purchase.PaymentIntentId == step.PaymentIntentId
            ? new TopUpSettlement(Outcome.Done)
            : Park($"Top-up {purchase.Id} was paid twice: by {purchase.PaymentIntentId}, which was granted, and by {step.PaymentIntentId}. Refund the latter.");
    }

    private static TopUpSettlement Fail(string reason, string? stop) =>
        new(Outcome.Done) { Status = PurchaseStatus.Failed, FailureReason = reason, StopReason = stop };

    private static TopUpSettlement Park(string reason) => new(new Outcome.Parked(reason));
}
