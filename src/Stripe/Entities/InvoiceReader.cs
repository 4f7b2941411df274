using System.Collections.ObjectModel;

namespace Stripe;

/// <summary>
/// The invoice changed most between the versions: basil (2025-03-31) moved the subscription under <c>parent</c>, took the payments out, and counts
/// what was paid out of band as paid. Sources: Stripe's changelog, basil/2025-03-31.
/// </summary>
internal static class InvoiceReader
{
    public static Invoice Read(Fields json)
    {
        var subscription = json.ObjectOrNull("parent")?.ObjectOrNull("subscription_details") ?? json.ObjectOrNull("subscription_details");
        var payment = FirstPayment(json);
        return new Invoice
        {
            Id = json.Id("id"),
            SubscriptionId = subscription?.ExpandableId("subscription") ?? json.ExpandableId("subscription"),
            SubscriptionMetadata = subscription?.Metadata() ?? ReadOnlyDictionary<string, string>.Empty,
            Status = json.TextOrNull("status"),
            IsPaid = json.TextOrNull("status") == InvoiceStatuses.Paid || json.FlagOrNull("paid") == true,
            BillingReason = json.TextOrNull("billing_reason"),
            AmountPaid = IsPaidOutOfBand(json) ? json.Number("amount_due") : json.Number("amount_paid"),
            AmountDue = json.Number("amount_due"),
            Total = json.NumberOrNull("total") ?? json.Number("amount_due"),
            TaxAmount = (json.Each("total_taxes", TaxOf) ?? json.Each("total_tax_amounts", TaxOf) ?? []).Sum(),
            Currency = json.Text("currency"),
            CustomerId = json.ExpandableId("customer"),
            CustomerEmail = json.TextOrNull("customer_email"),
            PaymentIntentId = payment?.ExpandableId("payment_intent") ?? json.ExpandableId("payment_intent"),
            ChargeId = payment?.ExpandableId("charge") ?? json.ExpandableId("charge"),
            Lines = json.ListOrNull("lines", InvoiceLineItem.Read) ?? StripeList<InvoiceLineItem>.Empty,
            Discounts = Discount.ReadAll(json),
            HostedInvoiceUrl = json.TextOrNull("hosted_invoice_url"),
            NextPaymentAttempt = json.TimeOrNull("next_payment_attempt"),
            Metadata = json.Metadata(),
            Created = json.Time("created"),
            Livemode = json.Flag("livemode"),
        };
    }

    private static bool IsPaidOutOfBand(Fields json) => json.FlagOrNull("paid_out_of_band") == true;

    private static long TaxOf(Fields tax) => tax.Number("amount");

    // Since 2025-05-28 an invoice can have several payments; the default one is the first that Stripe lists as such.
    private static Fields? FirstPayment(Fields json)
    {
        var payments = json.ListOrNull("payments", payment => payment);
        if (payments is not { Count: > 0 }) return null;
        var payment = payments.FirstOrDefault(p => p.FlagOrNull("is_default") == true, payments[0]);
        return payment.ObjectOrNull("payment");
    }
}
