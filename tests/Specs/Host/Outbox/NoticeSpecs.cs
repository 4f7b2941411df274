using BillingMonolith.Host;
using BillingMonolith.Host.Outbox;
using BillingMonolith.Specs.StripeApi;
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
        var seen = Of("customer.subscription.updated.past_due.clover").Subscription! with { Status = now, LatestInvoice = failed.Invoice! with { IsPaid = isPaid } };
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
        QueueNotice.OfPayment(failed with { Event = failed.Event with { Type = EventTypes.InvoicePaymentActionRequired } })!.Facts["action_required"].ShouldBe("yes");
        var first = failed.Invoice! with { BillingReason = BillingReasons.SubscriptionCreate };
        QueueNotice.OfPayment(failed with { Event = failed.Event with { Data = failed.Event.Data with { Object = first } } }).ShouldBeNull();
    }

    [Fact]
    public void A_trial_is_told_while_it_lasts_and_goes_on()
    {
        var trial = Of("customer.subscription.trial_will_end.clover");
        var notice = Routes.For(trial).OfType<QueueNotice>().ShouldHaveSingleItem();
        notice.Key.ShouldBe($"trial-ending:{trial.SubscriptionId}:{trial.Subscription!.TrialEnd!.Value.ToUnixTimeSeconds()}");
        Routes.For(trial with { Subscription = trial.Subscription with { Status = "active" } }).OfType<QueueNotice>().ShouldBeEmpty();
        Routes.For(trial with { Subscription = trial.Subscription with { CancelAtPeriodEnd = true } }).OfType<QueueNotice>().ShouldBeEmpty();
    }

    private static Happening Of(string fixture) => new(StripeEventReader.Read(Contracts.Event(fixture)));
}
