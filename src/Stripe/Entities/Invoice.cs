using System.Collections.ObjectModel;

namespace Stripe;

/// <summary>An invoice. Amounts are in the minor unit of <see cref="Currency"/>.</summary>
public sealed record Invoice : IHasId
{
    /// <summary><c>in_…</c></summary>
    public required string Id { get; init; }

    /// <summary>Null when it is for no subscription.</summary>
    public string? SubscriptionId { get; init; }

    /// <summary>The subscription's notes as they were when the invoice was made.</summary>
    public IReadOnlyDictionary<string, string> SubscriptionMetadata { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>One of <see cref="InvoiceStatuses"/>.</summary>
    public string? Status { get; init; }

    /// <summary>Paid through Stripe or out of band.</summary>
    public bool IsPaid { get; init; }

    /// <summary>One of <see cref="BillingReasons"/>. Renewals are <see cref="BillingReasons.SubscriptionCycle"/>.</summary>
    public string? BillingReason { get; init; }

    /// <summary>What was paid, out of band included.</summary>
    public required long AmountPaid { get; init; }

    /// <summary>What had to be paid.</summary>
    public required long AmountDue { get; init; }

    /// <summary>The sum of it all; negative when it is a credit, which Stripe keeps for the next invoices.</summary>
    public long Total { get; init; }

    /// <summary>The sum of the taxes.</summary>
    public long TaxAmount { get; init; }

    /// <summary>ISO code in lower case.</summary>
    public required string Currency { get; init; }

    /// <summary><c>cus_…</c></summary>
    public string? CustomerId { get; init; }

    /// <summary>The customer's address when the invoice was finalised.</summary>
    public string? CustomerEmail { get; init; }

    /// <summary>Since basil only when <c>payments</c> is expanded.</summary>
    public string? PaymentIntentId { get; init; }

    /// <summary>Since basil only when <c>payments</c> is expanded.</summary>
    public string? ChargeId { get; init; }

    /// <summary>What is charged. The first page: <see cref="StripeList{T}.HasMore"/>.</summary>
    public StripeList<InvoiceLineItem> Lines { get; init; } = StripeList<InvoiceLineItem>.Empty;

    /// <summary>The latest end of the lines' periods: until then the service is invoiced. The invoice's own period is the window before it.</summary>
    public DateTimeOffset? ServicePeriodEnd => Lines.MaxBy(line => line.PeriodEnd)?.PeriodEnd;

    /// <summary>The start of the line that ends last.</summary>
    public DateTimeOffset? ServicePeriodStart => Lines.MaxBy(line => line.PeriodEnd)?.PeriodStart;

    /// <summary>Discounts on all of it.</summary>
    public IReadOnlyList<Discount> Discounts { get; init; } = [];

    /// <summary>The page on which the customer can pay it.</summary>
    public string? HostedInvoiceUrl { get; init; }

    /// <summary>When Stripe tries again to collect it.</summary>
    public DateTimeOffset? NextPaymentAttempt { get; init; }

    /// <summary>The shop's own notes on this invoice.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>True for real money.</summary>
    public required bool Livemode { get; init; }

    internal static Invoice Read(Fields json) => InvoiceReader.Read(json);
}
