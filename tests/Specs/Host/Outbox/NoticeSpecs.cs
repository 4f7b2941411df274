using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Routing;
using BillingMonolith.Notifications;
using BillingMonolith.Specs.StripeNeighbour;
using Stripe;

namespace BillingMonolith.Specs.HostRoom.Outbox;

/// <summary>When a subscriber is written to: as long as there is something to say.</summary>
public sealed class NoticeSpecs
{
    [Theory]
    [InlineData("past_due", false, true)]
    [InlineData("unpaid", false, true)]
    [InlineData("past_due", true, false)] // this one was paid, another is open
    [InlineData("active", false, false)]
    [InlineData("canceled", false, false)]
    public void A_payment_that_failed_is_told_while_it_is_open(string now, bool isPaid, bool isTold)
    {
        var failed = Of("invoice.payment_failed.clover");
        var seen = Of("customer.subscription.updated.past_due.clover").Subscription!;
        (seen.Status, seen.LatestInvoice) = (now, Of("invoice.payment_failed.clover").Invoice!);
        if (isPaid) seen.LatestInvoice.Status = InvoiceStatuses.Paid;
        var notice = Routes.For(failed with { Subscription = seen }).OfType<QueueNotice>().SingleOrDefault();
        (notice is not null).ShouldBe(isTold);
        if (notice is null) return;
        (notice.Key, notice.Template, notice.UserId).ShouldBe(($"payment-failed:{failed.Invoice!.Id}", MailTemplates.PaymentFailed, failed.UserId));
        (notice.Facts["amount"], notice.Facts["action_required"]).ShouldBe(("$49.00", ""));
    }

    [Fact]
    public void The_event_alone_is_enough_when_Stripe_is_out_of_reach_and_a_first_payment_is_nobodys_mail()
    {
        var failed = Of("invoice.payment_failed.clover");
        Routes.For(failed).OfType<QueueNotice>().ShouldHaveSingleItem();
        failed.Event.Type = EventTypes.InvoicePaymentActionRequired;
        Notices.OfPayment(failed)!.Facts["action_required"].ShouldBe("yes");
        failed.Invoice!.BillingReason = BillingReasons.SubscriptionCreate;
        Notices.OfPayment(failed).ShouldBeNull();
    }

    [Fact]
    public void A_trial_is_told_while_it_lasts_and_goes_on()
    {
        var trial = Of("customer.subscription.trial_will_end.clover");
        var notice = Routes.For(trial).OfType<QueueNotice>().ShouldHaveSingleItem();
        notice.Key.ShouldBe($"trial-ending:{trial.SubscriptionId}:{new DateTimeOffset(trial.Subscription!.TrialEnd!.Value).ToUnixTimeSeconds()}");
        trial.Subscription.CancelAtPeriodEnd = true;
        Routes.For(trial).OfType<QueueNotice>().ShouldBeEmpty();
        (trial.Subscription.CancelAtPeriodEnd, trial.Subscription.Status) = (false, "active");
        Routes.For(trial).OfType<QueueNotice>().ShouldBeEmpty();
    }

    private static EventFacts Of(string fixture) => new(StripeEventReader.Read(Contracts.Event(fixture)));
}
