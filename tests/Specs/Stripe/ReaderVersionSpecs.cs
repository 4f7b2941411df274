using System.Text.Json;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Webhook;
using Stripe;
using Stripe.Checkout;

namespace BillingMonolith.Specs.StripeNeighbour;

/// <summary>The samples of the contract, of three API versions: each reads, and pairs read to the same meaning.</summary>
public class ReaderVersionSpecs
{
    [Fact]
    public void Every_sample_reads_to_the_entity_of_its_kind()
    {
        var files = Directory.GetFiles(Path.Combine(Contracts.Folder, "events"))
            .Where(f => !Path.GetFileName(f).StartsWith("thin", StringComparison.Ordinal)).ToList();
        files.Count.ShouldBe(35);
        foreach (var file in files)
        {
            var payload = System.IO.File.ReadAllBytes(file);
            var read = StripeEventReader.Read(payload);
            EnvelopeScan.TryScan(payload, out var envelope).ShouldBeTrue();
            (read.Id, read.Type, read.Created, read.ApiVersion).ShouldBe((envelope.Id, envelope.Type, envelope.Created.UtcDateTime, envelope.ApiVersion));
            read.Data.Object?.GetType().ShouldBe(KindOf(read.Type), file);
        }
    }

    [Theory]
    [InlineData("checkout.session.completed.payment")]
    [InlineData("checkout.session.completed.subscription")]
    [InlineData("customer.subscription.created")]
    [InlineData("customer.subscription.deleted")]
    [InlineData("customer.subscription.updated.upgrade")]
    [InlineData("invoice.paid")]
    [InlineData("invoice.payment_failed")]
    [InlineData("charge.refunded.full")]
    public void The_versions_mean_the_same(string name) => Meaning($"{name}.2024-06-20").ShouldBe(Meaning($"{name}.clover"));

    [Fact]
    public void Endive_means_the_same() =>
        Meaning("customer.subscription.updated.endive").ShouldBe(Meaning("customer.subscription.updated.upgrade.clover"));

    [Fact]
    public void A_subscription_session()
    {
        var session = (Session)Read("checkout.session.completed.subscription.2024-06-20").Data.Object;
        session.Mode.ShouldBe(SessionModes.Subscription);
        session.PaymentStatus.ShouldBe(PaymentStatuses.Paid);
        (session.AmountTotal, session.TotalDetails.AmountDiscount, session.Currency).ShouldBe((4900, 0, "usd"));
        (session.CustomerId, session.SubscriptionId, session.InvoiceId, session.PaymentIntentId)
            .ShouldBe(("cus_TdOp4XkLq7pR2x", "sub_1Sg8CkLq7pR2xKc9T5vW0aBd", "in_1Sg8CkLq7pR2xKc9mZ4nY7uE", null));
        session.Metadata["tier_id"].ShouldBe("professional");
        session.CustomerDetails.Email.ShouldBe("ada.lovelace@example.com");
        session.CustomerDetails.Address!.City.ShouldBe("London");
        session.CustomerEmail.ShouldBeNull();
        session.ExpiresAt.ShouldBe(DateTime.UnixEpoch.AddSeconds(1766254218));
    }

    [Fact]
    public void A_subscription_and_what_changed()
    {
        foreach (var version in new[] { "2024-06-20", "clover" })
        {
            var read = Read($"customer.subscription.updated.upgrade.{version}");
            var subscription = (Subscription)read.Data.Object;
            subscription.CurrentPeriodStart.ShouldBe(DateTimeOffset.FromUnixTimeSeconds(1766167908));
            subscription.CurrentPeriodEnd.ShouldBe(DateTimeOffset.FromUnixTimeSeconds(1768846308));
            var price = subscription.Items.Data[0].Price;
            (price.LookupKey, price.Recurring.Interval, price.Recurring.IntervalCount, price.UnitAmount).ShouldBe(("professional_monthly", "month", 1, 4900));
        }
    }

    [Fact]
    public void An_invoice()
    {
        foreach (var version in new[] { "2024-06-20", "clover" })
        {
            var invoice = (Invoice)Read($"invoice.paid.{version}").Data.Object;
            invoice.SubscriptionId.ShouldBe("sub_1Sg8CkLq7pR2xKc9T5vW0aBd");
            invoice.SubscriptionMetadata["tier_id"].ShouldBe("professional");
            (invoice.IsPaid, invoice.AmountSettled, invoice.AmountDue).ShouldBe((true, 4900, 4900));
            invoice.ServicePeriodEnd.ShouldBe(DateTimeOffset.FromUnixTimeSeconds(1768846308));
            invoice.Lines.Data[0].PriceId.ShouldBe("price_1SSkA2Lq7pR2xKc9PrM0nTh1");
            ((Invoice)Read($"invoice.payment_failed.{version}").Data.Object).IsPaid.ShouldBeFalse();
        }

        ((Invoice)Read("invoice.paid.renewal.clover").Data.Object).BillingReason.ShouldBe(BillingReasons.SubscriptionCycle);
    }

    [Fact]
    public void Refunds_and_disputes()
    {
        var charge = Read("charge.refunded.full.2024-06-20").Data;
        ((Charge)charge.Object).AmountRefunded.ShouldBe(1000);

        var refund = (Refund)Read("refund.created.clover").Data.Object;
        (refund.Amount, refund.Status, refund.ChargeId).ShouldBe((1000, RefundStatuses.Succeeded, "ch_3Sg89YLq7pR2xKc90QhT1mNv"));
        ((Refund)Read("refund.failed.clover").Data.Object).Status.ShouldBe(RefundStatuses.Failed);

        var dispute = (Dispute)Read("charge.dispute.created.clover").Data.Object;
        dispute.BalanceTransactions.Select(t => (t.Id, t.Amount, t.Fee, t.Currency)).ShouldBe([("txn_1SgBd2Lq7pR2xKc9DspWdr1", -1000, 1500, "usd")]);
        ((Dispute)Read("charge.dispute.closed.won.clover").Data.Object).BalanceTransactions.Count.ShouldBe(2);
    }

    [Fact]
    public void A_thin_event_says_what_to_configure()
    {
        var thin = Contracts.Event("thin.v1.customer.subscription.updated");
        Should.Throw<StripeEventException>(() => StripeEventReader.Read(thin))
            .Message.ShouldSatisfyAllConditions(m => m.ShouldContain("thin event (v2.core.event)"), m => m.ShouldContain("snapshot endpoint"));
    }

    private static Event Read(string name) => StripeEventReader.Read(Contracts.Event(name));

    /// <summary>Every fact that the product takes from an object of this kind, wherever its version says it.</summary>
    private static string Meaning(string name) => JsonSerializer.Serialize<object>(Read(name).Data.Object switch
    {
        Session s => new
        {
            s.Id, s.Mode, s.Status, s.PaymentStatus, s.AmountSubtotal, s.AmountTotal, s.TotalDetails?.AmountDiscount, s.Currency, s.ClientReferenceId, s.CustomerId,
            s.CustomerDetails?.Email, s.CustomerDetails?.Name, s.CustomerEmail, s.PaymentIntentId, s.SubscriptionId, s.InvoiceId, s.Notes, s.Url, s.ExpiresAt,
            s.Created, s.Livemode, To = s.ShippingDetails?.Name, s.ShippingDetails?.Address?.Line1,
        },
        Subscription s => new
        {
            s.Id, s.Status, s.CustomerId, s.Notes, s.CurrentPeriodStart, s.CurrentPeriodEnd, s.CancelAtPeriodEnd, s.CancelAt, s.EndedAt, s.StartedAt, s.TrialEnd,
            s.Created, s.Currency, s.LatestInvoiceId, s.ScheduleId, s.Livemode,
            Items = s.Items.Select(i => new { i.Id, i.Units, i.Price.LookupKey, i.Price.UnitAmount, Price = i.Price.Id, i.Price.ProductId, i.Price.Recurring?.Interval }),
        },
        Invoice i => new
        {
            i.Id, i.SubscriptionId, i.SubscriptionMetadata, i.Status, i.IsPaid, i.BillingReason, i.AmountSettled, i.AmountDue, i.Total, i.Currency,
            i.CustomerId, i.CustomerEmail, i.ServicePeriodStart, i.ServicePeriodEnd, i.HostedInvoiceUrl, i.NextPaymentAttempt, i.Created, i.Livemode,
            Lines = i.Lines.Select(l => new { l.Id, l.Amount, l.Currency, l.Quantity, l.PriceId, l.Period?.Start, l.Period?.End }),
        },
        Charge c => new { c.Id, c.Amount, c.AmountRefunded, c.Currency, c.Refunded, c.Disputed, c.PaymentIntentId, c.CustomerId, c.Notes, c.Created, c.Livemode },
        var other => throw new InvalidOperationException($"{name} is a {other?.GetType().Name}."),
    });

    private static Type KindOf(string type) => type switch
    {
        _ when type.StartsWith("checkout.session", StringComparison.Ordinal) => typeof(Session),
        _ when type.StartsWith("customer.subscription", StringComparison.Ordinal) => typeof(Subscription),
        _ when type.StartsWith("invoice", StringComparison.Ordinal) => typeof(Invoice),
        _ when type.StartsWith("refund", StringComparison.Ordinal) => typeof(Refund),
        _ when type.StartsWith("charge.dispute", StringComparison.Ordinal) => typeof(Dispute),
        _ when type.StartsWith("charge", StringComparison.Ordinal) => typeof(Charge),
        _ => typeof(object),
    };
}
