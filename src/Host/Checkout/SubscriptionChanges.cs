using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using BillingMonolith.Billing;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Routing;
using BillingMonolith.SharedKernel;
using MediatR;
using Stripe;

namespace BillingMonolith.Host.Checkout;

/// <summary>
/// The changes that a user can make to their own subscription. Stripe makes them, under a lock that delays this user's other requests and events; the
/// webhook's own commands then apply Stripe's answer. Repeating a request is harmless, because it reads Stripe first, and finds it done.
/// </summary>
internal sealed class SubscriptionChanges(
    IMediator mediator, SubscriptionService subscriptions, SubscriptionScheduleService schedules, PlanMoves moves, ApplyNow applyNow)
{
    /// <summary>Ends a subscription, now or with its period.</summary>
    public Task<Changed> CancelAsync(string userId, string subscriptionId, bool atPeriodEnd, string cause, CancellationToken cancellationToken) =>
        DoAsync(userId, subscriptionId, cause, async (own, seen) =>
        {
            if (atPeriodEnd && seen.CancelAtPeriodEnd) return new("scheduled", $"It ends on {Day(seen)} already.");
            await mediator.Send(new RequestChange(cause, own, "cancel") { EffectiveAt = atPeriodEnd ? seen.CurrentPeriodEnd : null }, cancellationToken);
            if (!atPeriodEnd)
            {
                await subscriptions.CancelAsync(own.Id, cancellationToken: cancellationToken);
                return new("canceled", $"Your plan {own.TierName} has ended. What was paid for the rest of the period is not paid back by this.");
            }

            await ReleaseAsync(own, seen, cancellationToken);
            await subscriptions.UpdateAsync(own.Id, new() { CancelAtPeriodEnd = true }, Once("cancel", own, seen), cancellationToken);
            return new("scheduled", $"Your plan {own.TierName} ends on {Day(seen)}; until then nothing changes.");
        }, cancellationToken);

    /// <summary>Withdraws a cancellation, or a change that was scheduled for the renewal.</summary>
    public Task<Changed> ResumeAsync(string userId, string subscriptionId, string cause, CancellationToken cancellationToken) =>
        DoAsync(userId, subscriptionId, cause, async (own, seen) =>
        {
            if (!seen.CancelAtPeriodEnd && seen.Schedule?.NextPhase is null)
                throw new RefusalException(HttpStatusCode.Conflict, "nothing-to-undo", $"Your plan {own.TierName} goes on as it is.");
            await mediator.Send(new RequestChange(cause, own, "resume"), cancellationToken);
            if (seen.CancelAtPeriodEnd)
                await subscriptions.UpdateAsync(own.Id, new() { CancelAtPeriodEnd = false }, Once("resume", own, seen), cancellationToken);
            else
                await ReleaseAsync(own, seen, cancellationToken);
            return new("resumed", $"Your plan {own.TierName} goes on; the next payment is due on {Day(seen)}.");
        }, cancellationToken);

    /// <summary>Changes a subscription to another plan or cycle.</summary>
    /// <param name="asked">The requested plan, and the time for the proration.</param>
    public Task<Changed> ChangeAsync(string userId, string subscriptionId, AskedChange asked, string cause, CancellationToken cancellationToken) =>
        DoAsync(userId, subscriptionId, cause, async (own, seen) =>
        {
            var change = PlanMoves.Decide(own, seen, asked);
            if (change.Takes is Takes.Now) return await NowAsync(own, change, asked, cause, cancellationToken);
            await mediator.Send(new RequestChange(cause, own, change.Takes == Takes.Back ? "resume" : "downgrade")
            {
                TierId = asked.Offer.Tier.Id, Cycle = asked.Offer.Cycle, EffectiveAt = seen.CurrentPeriodEnd,
            }, cancellationToken);
            if (change.Takes is Takes.Back)
            {
                await ReleaseAsync(own, seen, cancellationToken);
                return new("resumed", $"Your plan {own.TierName} goes on; the next payment is due on {Day(seen)}.");
            }

            var schedule = seen.Schedule
                ?? await schedules.CreateAsync(new() { FromSubscription = own.Id }, Once("schedule", own, seen), cancellationToken);
            await schedules.UpdateAsync(schedule.Id, change.On(schedule), Once("plan", own, seen, asked.Offer.Price.StripePriceId!), cancellationToken);
            return new("scheduled", $"From {Day(seen)} on you have the plan {asked.Offer.Tier.Name}; until then nothing changes.")
            {
                EffectiveAt = seen.CurrentPeriodEnd, IsDeferred = true,
            };
        }, cancellationToken);

    private async Task<Changed> NowAsync(OwnSubscription own, PlanChange change, AskedChange asked, string cause, CancellationToken cancellationToken)
    {
        var request = new RequestChange(cause, own, "upgrade") { TierId = asked.Offer.Tier.Id, Cycle = asked.Offer.Cycle };
        await mediator.Send(request, cancellationToken);
        await ReleaseAsync(own, change.Of, cancellationToken); // a schedule without further changes
        try
        {
            var at = asked.ProrationDate ?? PlanMoves.Moment(own, change.Of);
            var once = Once("change", own, change.Of, change.To.Price.StripePriceId!, $"{at.ToUnixTimeSeconds()}");
            var changed = await moves.MakeAsync(change, at, once, cancellationToken);
            return new("changed", $"You have the plan {asked.Offer.Tier.Name} now; the next payment is due on {Show(changed.CurrentPeriodEnd)}.")
            {
                EffectiveAt = at, NextBillingAt = changed.CurrentPeriodEnd,
                Settled = changed.LatestInvoiceId == change.Of.LatestInvoiceId ? null : Settlement.Of(changed.LatestInvoice),
            };
        }
        catch (StripeException e) when (e.IsCardError || e.HttpStatusCode == HttpStatusCode.PaymentRequired)
        {
            var words = e.StripeError?.Message ?? "Your card was declined.";
            await mediator.Send(request with { Refusal = words }, cancellationToken);
            throw new RefusalException(HttpStatusCode.PaymentRequired, "card-declined",
                $"{words} Your plan is as it was. Use another card (see the portal), then try again.");
        }
    }

    /// <summary>Reads, changes and applies, under the lock.</summary>
    private async Task<Changed> DoAsync(
        string userId, string subscriptionId, string cause, Func<OwnSubscription, Subscription, Task<Changed>> act, CancellationToken cancellationToken)
    {
        var first = await moves.FindAsync(userId, subscriptionId, cancellationToken);
        await using var alone = await applyNow.AloneAsync(cancellationToken, userId, first.CustomerId, subscriptionId);
        var own = await moves.FindAsync(userId, subscriptionId, cancellationToken); // read again: the previous holder of the lock may have changed it
        var seen = await subscriptions.GetAsync(subscriptionId, StripeLookup.Whole, cancellationToken: cancellationToken);
        if (PlanSessions.HasEnded(seen.Status))
        {
            await applyNow.FollowAsync(userId, seen, cause, cancellationToken);
            throw new RefusalException(HttpStatusCode.Conflict, "subscription-ended", $"Your plan {own.TierName} has ended.");
        }

        var changed = await act(own, seen);
        await applyNow.FollowAsync(userId, seen, cause, cancellationToken);
        return changed with { NextBillingAt = changed.NextBillingAt ?? seen.CurrentPeriodEnd };
    }

    private async Task ReleaseAsync(OwnSubscription own, Subscription seen, CancellationToken cancellationToken)
    {
        if (seen.ScheduleId is { } schedule) await schedules.ReleaseAsync(schedule, options: null, Once("release", own, seen), cancellationToken);
    }

    /// <summary>The idempotency key, from the change and its starting state: a repeat has the same key, a request after another change a new one.</summary>
    private static RequestOptions Once(string what, OwnSubscription own, Subscription seen, params string[] more)
    {
        string?[] from =
        [
            own.Id, own.Version.ToString("O", CultureInfo.InvariantCulture), seen.Items.Data[0].Price.Id, seen.LatestInvoiceId, seen.ScheduleId,
            $"{seen.CancelAtPeriodEnd} {seen.CurrentPeriodEnd:O} {own.Refusals}", .. more,
        ];
        return new() { IdempotencyKey = $"{what}:{Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(from)))}" };
    }

    private static string Day(Subscription seen) => Show(seen.CurrentPeriodEnd);

    private static string Show(DateTimeOffset? day) => day is { } known ? Frame.Show.Day(known.UtcDateTime) : "the period's end";
}

/// <summary>The result of a request.</summary>
/// <param name="Status"><c>changed</c>, <c>scheduled</c>, <c>resumed</c> or <c>canceled</c>.</param>
/// <param name="Message">For the user.</param>
internal sealed record Changed(string Status, string Message)
{
    /// <summary>The time when it takes effect.</summary>
    public DateTimeOffset? EffectiveAt { get; init; }

    /// <summary>The time of the next payment.</summary>
    public DateTimeOffset? NextBillingAt { get; init; }

    /// <summary>The invoice; null = none.</summary>
    public Settlement? Settled { get; init; }

    /// <summary>Whether it waits for the renewal.</summary>
    public bool IsDeferred { get; init; }
}
