using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.Logging;

namespace BillingMonolith.Credits;

/// <summary>The payment state of a checkout session.</summary>
public enum Payment
{
    /// <summary>Paid, or nothing to pay (a 100 % coupon): the credits are due.</summary>
    Paid,
    /// <summary>The customer has finished, the money is still on its way (a delayed payment method): no credits yet.</summary>
    Processing,
    /// <summary>The delayed payment failed.</summary>
    Failed,
    /// <summary>The session expired before it was paid.</summary>
    Expired,
}

/// <summary>
/// Moves a purchase of a credit pack to the state of its checkout session, and grants the pack once. Amounts are minor units of
/// <see cref="Currency"/>. The purchase's snapshot decides the grant; the metadata of the session only names the package.
/// </summary>
/// <param name="Cause">The event.</param>
/// <param name="SessionId">The checkout session, the business key of a purchase.</param>
/// <param name="Payment">The state of its payment.</param>
[StepKind("credits.settle-purchase", "SettlePurchase")]
public sealed record SettlePurchase(string Cause, string SessionId, Payment Payment) : ILocalStep
{
    /// <summary>The buyer: the Keycloak user id.</summary>
    public string? UserId { get; init; }
    /// <summary>The purchase id in the session's metadata: for a session whose opening was never recorded.</summary>
    public Guid? PurchaseId { get; init; }
    /// <summary>The package that the session was opened for.</summary>
    public string? PackageCode { get; init; }
    /// <summary>The amount before discounts and taxes, which must equal the price of the snapshot.</summary>
    public long AmountSubtotalMinor { get; init; }
    /// <summary>The amount paid.</summary>
    public long AmountTotalMinor { get; init; }
    /// <summary>The discount by a promotion code.</summary>
    public long DiscountMinor { get; init; }
    /// <summary>ISO code, lower case.</summary>
    public string Currency { get; init; } = "";
    /// <summary>The buyer's address in the session.</summary>
    public string? Email { get; init; }
    /// <summary>Null for a session without anything to pay.</summary>
    public string? PaymentIntentId { get; init; }
    /// <summary>The credits that the metadata claims; compared with the catalogue, never granted.</summary>
    public string? ClaimedCredits { get; init; }
}

internal sealed class SettlePurchaseValidator : AbstractValidator<SettlePurchase>
{
    public SettlePurchaseValidator()
    {
        RuleFor(s => s.UserId).NotEmpty().WithMessage(
            "The session names no user (client_reference_id or metadata.user_id), so nobody can be given the credits.");
        RuleFor(s => s.PackageCode).NotEmpty().WithMessage("The session names no package (metadata.package_code).");
        RuleFor(s => s.Currency).Length(3);
    }
}

internal sealed class SettlePurchaseHandler(
    Purchases purchases, Ledger ledger, Clawbacks clawbacks, UnitOfWork work, IMediator mediator, TimeProvider time, ILogger<SettlePurchaseHandler> log)
    : IRequestHandler<StepSet<SettlePurchase>, IReadOnlyList<Outcome>>
{
    public async Task<IReadOnlyList<Outcome>> Handle(StepSet<SettlePurchase> set, CancellationToken cancellationToken)
    {
        await clawbacks.ExpectAsync(set.Steps.Select(s => s.PaymentIntentId), cancellationToken);
        var sold = await purchases.FindAsync(set.Steps, cancellationToken);
        var settlements = set.Steps.Select(step => Settlement.Of(step, sold.Snapshot(step), time.GetUtcNow())).ToList();

        // Two steps of one session in a set (completed, then async_payment_succeeded): the furthest state is written.
        var changes = settlements.Where(s => s.Status is not null).GroupBy(s => s.Step.SessionId).Select(g => g.MaxBy(s => s.Rank)!).ToList();
        var changed = await purchases.WriteAsync(changes, cancellationToken);
        var granted = await ledger.GrantAsync([.. changes.Where(s => s.Grant is not null).Select(s => s.Grant!)], cancellationToken);

        foreach (var settlement in changes) Record(settlement, changed, granted);
        await PublishAsync(changes, changed, cancellationToken);
        await clawbacks.CatchUpAsync(
            changes.Where(s => s.Grant is { } g && granted.ContainsKey(g.Source)).Select(s => (s.Step.PaymentIntentId, s.Step.Cause)), cancellationToken);
        foreach (var alert in settlements.Where(s => s.Alert is not null))
            log.LogError("Purchase of session {SessionId}, event {EventId}: {Alert}", alert.Step.SessionId, alert.Step.Cause, alert.Alert);
        return settlements.ConvertAll(s => s.Outcome);
    }

    private async Task PublishAsync(
        List<Settlement> changes, IReadOnlyDictionary<string, WrittenPurchase> changed, CancellationToken cancellationToken)
    {
        var completed = changes.Where(s => s.Status == PurchaseStatus.Completed && changed.ContainsKey(s.Step.SessionId)).ToList();
        if (completed.Count == 0) return;
        await mediator.Publish(new PurchasesCompleted(completed[0].Step.Cause, completed.ConvertAll(s =>
        {
            var (snapshot, written) = (s.Snapshot!, changed[s.Step.SessionId]);
            return new CompletedPurchase(written.Id, snapshot.UserId, written.UserEmail ?? s.Step.Email, snapshot.PackageCode, snapshot.PackageName,
                snapshot.Credits, s.Step.AmountTotalMinor, s.Step.DiscountMinor, snapshot.Currency, IsTopUp: false, written.CompletedAt!.Value);
        })), cancellationToken);
    }

    private void Record(Settlement settlement, IReadOnlyDictionary<string, WrittenPurchase> changed, IReadOnlyDictionary<string, Posting> granted)
    {
        var (step, snapshot) = (settlement.Step, settlement.Snapshot!);
        if (settlement.Grant is { } grant && granted.ContainsKey(grant.Source))
        {
            work.Record(new AuditEntry("credit.allocate", "purchase", step.SessionId, step.Cause)
            {
                UserId = grant.UserId,
                Metadata = new
                {
                    package = snapshot.PackageCode,
                    credits = grant.Credits,
                    amount_paid_minor = step.AmountTotalMinor,
                    currency = snapshot.Currency,
                    alert = settlement.Alert,
                },
            });
        }
        else if (settlement.Status == PurchaseStatus.Failed && changed.ContainsKey(step.SessionId))
        {
            work.Record(new AuditEntry("purchase.failed", "purchase", step.SessionId, step.Cause)
            {
                UserId = snapshot.UserId,
                Result = AuditResult.Failure,
                ErrorMessage = settlement.FailureReason,
            });
        }
    }
}
