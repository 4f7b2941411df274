using BillingMonolith.SharedKernel;
using Dapper;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace BillingMonolith.Credits;

/// <summary>The payment state of an automatic top-up.</summary>
public enum TopUpPayment
{
    /// <summary>The money has arrived.</summary>
    Paid,
    /// <summary>The money is on its way.</summary>
    Processing,
    /// <summary>The bank refused, or the payment was cancelled.</summary>
    Declined,
    /// <summary>The bank requires authentication, and the buyer is not present.</summary>
    AuthenticationRequired,
    /// <summary>The payment method, or its customer, is gone.</summary>
    MethodGone,
    /// <summary>Stripe refuses the request itself.</summary>
    Refused,
    /// <summary>The payment was never made: Stripe has none, and it is too late to make it.</summary>
    NeverMade,
}

/// <summary>
/// Ends an automatic top-up, or records that its money is on the way: a paid one is granted once, and after a refusal automatic top-up stops. The
/// worker that asked Stripe and Stripe's event lead to the same result; the first one counts.
/// </summary>
/// <param name="Cause">The event, or the worker.</param>
/// <param name="PurchaseId">The purchase id in the metadata.</param>
/// <param name="Payment">The state of its payment.</param>
[StepKind("credits.settle-top-up", "SettleTopUp")]
public sealed record SettleTopUp(string Cause, string PurchaseId, TopUpPayment Payment) : ILocalStep
{
    /// <summary>Stripe's payment intent; null when none was made.</summary>
    public string? PaymentIntentId { get; init; }
    /// <summary>The amount received, in the minor unit.</summary>
    public long AmountMinor { get; init; }
    /// <summary>ISO code, lower case.</summary>
    public string Currency { get; init; } = "";
    /// <summary>The claim under which a worker asked: without the claim a failure does not count. Null for an event.</summary>
    public int? Attempt { get; init; }
}

internal sealed class SettleTopUpValidator : AbstractValidator<SettleTopUp>
{
    public SettleTopUpValidator()
    {
        RuleFor(s => s.PurchaseId).Must(id => Guid.TryParse(id, out _)).WithMessage("metadata.purchase_id of the payment is no purchase's id.");
        RuleFor(s => s.PaymentIntentId).NotEmpty().When(s => s.Payment == TopUpPayment.Paid);
    }
}

internal sealed class SettleTopUpHandler(
    UnitOfWork work, Ledger ledger, Clawbacks clawbacks, TopUps topUps, IMediator mediator, TimeProvider time, ILogger<SettleTopUpHandler> log)
    : IRequestHandler<StepSet<SettleTopUp>, IReadOnlyList<Outcome>>
{
    public async Task<IReadOnlyList<Outcome>> Handle(StepSet<SettleTopUp> set, CancellationToken cancellationToken)
    {
        await clawbacks.ExpectAsync(set.Steps.Select(s => s.PaymentIntentId), cancellationToken);
        var connection = await work.OpenAsync(cancellationToken);
        var outcomes = new Dictionary<SettleTopUp, Outcome>(ReferenceEqualityComparer.Instance);
        foreach (var step in set.Steps.OrderBy(s => s.PurchaseId, StringComparer.Ordinal)) // in one order, so that two sets do not deadlock
            outcomes[step] = await SettleAsync(connection, step, cancellationToken);
        return [.. set.Steps.Select(s => outcomes[s])];
    }

    private async Task<Outcome> SettleAsync(NpgsqlConnection connection, SettleTopUp step, CancellationToken cancellationToken)
    {
        var purchase = await connection.QuerySingleOrDefaultAsync<TopUpPurchase>(new CommandDefinition("""
            SELECT id, user_id AS UserId, user_email AS UserEmail, package_code AS PackageCode, package_name AS PackageName, credits,
                   price_minor AS PriceMinor, currency, status, stripe_payment_intent_id AS PaymentIntentId, expires_after_days AS ExpiresAfterDays
            FROM credit_purchases WHERE id = @Id AND kind = 'top_up' FOR UPDATE
            """, new { Id = Guid.Parse(step.PurchaseId) }, cancellationToken: cancellationToken));
        var settlement = TopUpSettlement.Of(step, purchase);
        if (settlement.Outcome is Outcome.Parked parked) log.LogError("Top-up {PurchaseId} ({Cause}): {Alert}", step.PurchaseId, step.Cause, parked.Reason);
        if (settlement.Status is null || purchase is null) return settlement.Outcome;
        if (!await LeavesQueueAsync(connection, step, settlement, cancellationToken)) return new Outcome.Ignored("Another worker has claimed it since.");

        await WriteAsync(connection, purchase, step, settlement, cancellationToken);
        if (settlement.Status == PurchaseStatus.Completed) await GrantAsync(purchase, step, cancellationToken);
        else if (settlement.Status == PurchaseStatus.Failed) RecordFailure(purchase, step, settlement);
        if (settlement.StopReason is { } reason) await topUps.StopAsync(purchase.UserId, reason, step.Cause, cancellationToken);
        return settlement.Outcome;
    }

    // Pending money is looked up again after an hour, in case its event is lost. A stale worker's report counts when it says that money arrived.
    private static async Task<bool> LeavesQueueAsync(
        NpgsqlConnection connection, SettleTopUp step, TopUpSettlement settlement, CancellationToken cancellationToken)
    {
        const string fence = "purchase_id = @Id AND (@Attempt::int IS NULL OR attempts = @Attempt)";
        var left = await connection.ExecuteAsync(new CommandDefinition(
            settlement.Status == PurchaseStatus.Processing
                ? $"UPDATE credit_top_ups SET next_attempt_at = clock_timestamp() + interval '1 hour', last_error = NULL WHERE {fence}"
                : $"DELETE FROM credit_top_ups WHERE {fence}",
            new { Id = Guid.Parse(step.PurchaseId), Attempt = settlement.Status == PurchaseStatus.Completed ? null : step.Attempt },
            cancellationToken: cancellationToken));
        return left > 0 || step.Attempt is null || settlement.Status == PurchaseStatus.Completed;
    }

    private static Task WriteAsync(
        NpgsqlConnection connection, TopUpPurchase purchase, SettleTopUp step, TopUpSettlement settlement, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition("""
            UPDATE credit_purchases SET status = @Status, failure_reason = @FailureReason, updated_at = now(),
              stripe_payment_intent_id = coalesce(@PaymentIntentId, stripe_payment_intent_id),
              amount_paid_minor = CASE @Status WHEN 'completed' THEN @AmountMinor END, completed_at = CASE @Status WHEN 'completed' THEN now() END
            WHERE id = @Id
            """, new { purchase.Id, settlement.Status, settlement.FailureReason, step.PaymentIntentId, step.AmountMinor },
            cancellationToken: cancellationToken));

    // Refunds and disputes that were recorded before the purchase take effect now.
    private async Task GrantAsync(TopUpPurchase purchase, SettleTopUp step, CancellationToken cancellationToken)
    {
        var ends = purchase.ExpiresAfterDays is { } days ? time.GetUtcNow().AddDays(days) : (DateTimeOffset?)null;
        await ledger.GrantAsync(
            [new Grant($"payment:{step.PaymentIntentId}", purchase.UserId, purchase.Credits, Ledger.PurchasePriority, ends)], cancellationToken);
        work.Record(new AuditEntry("credit.allocate", "purchase", purchase.Id.ToString(), step.Cause)
        {
            UserId = purchase.UserId,
            Metadata = new
            {
                package = purchase.PackageCode, credits = purchase.Credits, amount_paid_minor = step.AmountMinor, currency = purchase.Currency,
                payment_intent = step.PaymentIntentId, auto_topup = true,
            },
        });
        await clawbacks.CatchUpAsync([(step.PaymentIntentId, step.Cause)], cancellationToken);
        await mediator.Publish(new PurchasesCompleted(step.Cause,
        [
            new CompletedPurchase(purchase.Id, purchase.UserId, purchase.UserEmail, purchase.PackageCode, purchase.PackageName, purchase.Credits,
                step.AmountMinor, DiscountMinor: 0, purchase.Currency, IsTopUp: true, time.GetUtcNow().UtcDateTime),
        ]), cancellationToken);
    }

    private void RecordFailure(TopUpPurchase purchase, SettleTopUp step, TopUpSettlement settlement) =>
        work.Record(new AuditEntry("purchase.failed", "purchase", purchase.Id.ToString(), step.Cause)
        {
            UserId = purchase.UserId, Result = AuditResult.Failure, ErrorMessage = settlement.FailureReason,
            Metadata = new { payment_intent = step.PaymentIntentId },
        });
}
