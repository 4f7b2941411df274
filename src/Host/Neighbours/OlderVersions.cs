using System.Text.Json;
using Stripe;
using Stripe.Checkout;

#pragma warning disable RS0030 // this file is the one place that reads members which moved between the versions

namespace BillingMonolith.Host.Neighbours;

/// <summary>
/// Reads Stripe's objects of any API version. Stripe.net's entities know the newest shape alone: a value that older versions have elsewhere is
/// null or 1970 there, without an error, and is read from the JSON. The members that moved are banned (BannedSymbols.txt), so no other code reads them.
/// Sources: Stripe's changelog, basil (2025-03-31) and clover (2025-09-30).
/// </summary>
internal static class OlderVersions
{
    private static readonly Dictionary<string, string> Empty = [];

    extension(Subscription subscription)
    {
        /// <summary>The start of the item that ends last; null without items.</summary>
        public DateTimeOffset? CurrentPeriodStart =>
            Last(subscription) is { } item ? Time(item, "current_period_start") ?? Time(subscription, "current_period_start") : null;

        /// <summary>The latest end of the items, which is the end of the paid time. Null without items.</summary>
        public DateTimeOffset? CurrentPeriodEnd =>
            Last(subscription) is { } item ? Time(item, "current_period_end") ?? Time(subscription, "current_period_end") : null;

        /// <summary>The time when it began; null when it has none.</summary>
        public DateTimeOffset? StartedAt => Time(subscription, "start_date");

        /// <summary>Stripe's own time of the answer with this state; null when it came in an event.</summary>
        public DateTimeOffset? AsOf => subscription.StripeResponse?.Date;
    }

    extension(SubscriptionItem item)
    {
        /// <summary>The quantity; null for metered prices, for which Stripe.net says 0.</summary>
        public long? Units => Member(item, "quantity") is { ValueKind: JsonValueKind.Number } quantity ? quantity.GetInt64() : null;
    }

    extension(SubscriptionSchedule schedule)
    {
        /// <summary>The subscription that it changes, or changed until it was released.</summary>
        public string? Subject => schedule.SubscriptionId ?? schedule.ReleasedSubscription;

        /// <summary>The phase after the current one; null when it is the last, or none has begun.</summary>
        public SubscriptionSchedulePhase? NextPhase =>
            schedule.CurrentPhase?.EndDate is { } end ? schedule.Phases?.FirstOrDefault(p => p.StartDate >= end) : null;
    }

    extension(Invoice invoice)
    {
        /// <summary>Null when it is for no subscription.</summary>
        public string? SubscriptionId => invoice.Parent?.SubscriptionDetails?.SubscriptionId ?? Id(invoice, "subscription");

        /// <summary>The subscription's metadata at the time of the invoice.</summary>
        public IReadOnlyDictionary<string, string> SubscriptionMetadata =>
            invoice.Parent?.SubscriptionDetails?.Metadata ?? MetadataOf(Member(invoice, "subscription_details"));

        /// <summary>Paid through Stripe or out of band.</summary>
        public bool IsPaid => invoice.Status == InvoiceStatuses.Paid || Member(invoice, "paid").ValueKind == JsonValueKind.True;

        /// <summary>The latest end of the lines' periods, which is the end of the invoiced service. The invoice's own period is the window before it.</summary>
        public DateTimeOffset? ServicePeriodEnd => invoice.Lines?.MaxBy(l => l.Period?.End)?.Period?.End;

        /// <summary>The start of the line that ends last.</summary>
        public DateTimeOffset? ServicePeriodStart => invoice.Lines?.MaxBy(l => l.Period?.End)?.Period?.Start;

        /// <summary>The amount paid, out of band included, in the minor unit of the invoice's currency. (Before basil "amount_paid" left that out.)</summary>
        public long AmountSettled => Member(invoice, "paid_out_of_band").ValueKind == JsonValueKind.True ? invoice.AmountDue : invoice.AmountPaid;
    }

    extension(InvoiceLineItem line)
    {
        /// <summary><c>price_…</c>; null for a line without a price.</summary>
        public string? PriceId => line.Pricing?.PriceDetails?.PriceId ?? Id(line, "price");
    }

    extension(Session session)
    {
        /// <summary>The address for the goods.</summary>
        public SessionCollectedInformationShippingDetails? ShippingDetails => session.CollectedInformation?.ShippingDetails
            ?? (Member(session, "shipping_details") is { ValueKind: JsonValueKind.Object } older
                ? older.Deserialize<SessionCollectedInformationShippingDetails>(StripeConfiguration.SerializerOptions) : null);
    }

    extension(IHasMetadata owner)
    {
        /// <summary>The object's metadata; empty where Stripe.net has null.</summary>
        public IReadOnlyDictionary<string, string> Notes => owner.Metadata ?? Empty;

        /// <summary>The metadata's value under this name; null when there is none.</summary>
        public string? Note(string name) => owner.Notes.GetValueOrDefault(name);
    }

    extension(DateTime time)
    {
        /// <summary>A time of Stripe's, which Stripe.net gives in UTC.</summary>
        public DateTimeOffset Utc => new(time, TimeSpan.Zero);
    }

    private static SubscriptionItem? Last(Subscription subscription) =>
        subscription.Items?.Data.MaxBy(i => Time(i, "current_period_end") ?? DateTimeOffset.MinValue);

    private static JsonElement Member(StripeEntity? entity, string name) =>
        entity?.RawJsonElement is { } raw ? StripeJson.Get(raw, name) : default;

    private static string? Id(StripeEntity entity, string name) => Member(entity, name) switch
    {
        { ValueKind: JsonValueKind.String } id => id.GetString(),
        { ValueKind: JsonValueKind.Object } expanded => StripeJson.Get(expanded, "id").GetString(),
        _ => null,
    };

    private static DateTimeOffset? Time(StripeEntity? entity, string name) =>
        Member(entity, name) is { ValueKind: JsonValueKind.Number } time ? DateTimeOffset.FromUnixTimeSeconds(time.GetInt64()) : null;

    private static Dictionary<string, string> MetadataOf(JsonElement details) =>
        StripeJson.Get(details, "metadata") is { ValueKind: JsonValueKind.Object } metadata
            ? metadata.EnumerateObject().ToDictionary(note => note.Name, note => note.Value.GetString()!, StringComparer.Ordinal)
            : [];
}
