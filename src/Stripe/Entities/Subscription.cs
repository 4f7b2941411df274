using System.Collections.ObjectModel;

namespace Stripe;

/// <summary>A subscription.</summary>
public sealed record Subscription : IHasId
{
    /// <summary><c>sub_…</c></summary>
    public required string Id { get; init; }

    /// <summary>One of <see cref="SubscriptionStatuses"/>.</summary>
    public required string Status { get; init; }

    /// <summary><c>cus_…</c></summary>
    public required string CustomerId { get; init; }

    /// <summary>The shop's own notes: those of <c>subscription_data</c>, not those of the checkout session.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>What is subscribed to.</summary>
    public StripeList<SubscriptionItem> Items { get; init; } = StripeList<SubscriptionItem>.Empty;

    /// <summary>The start of the item that ends last; null without items.</summary>
    public DateTimeOffset? CurrentPeriodStart => Items.MaxBy(item => item.CurrentPeriodEnd)?.CurrentPeriodStart;

    /// <summary>The latest end of the items: until then something is paid for. Null without items.</summary>
    public DateTimeOffset? CurrentPeriodEnd => Items.MaxBy(item => item.CurrentPeriodEnd)?.CurrentPeriodEnd;

    /// <summary>It will end with the period, unless the customer changes their mind.</summary>
    public bool CancelAtPeriodEnd { get; init; }

    /// <summary>When it will end, if that is settled.</summary>
    public DateTimeOffset? CancelAt { get; init; }

    /// <summary>When the cancellation was asked for, not when it takes effect.</summary>
    public DateTimeOffset? CanceledAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When it began.</summary>
    public DateTimeOffset? StartDate { get; init; }

    /// <summary>When the trial ends or ended.</summary>
    public DateTimeOffset? TrialEnd { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>ISO code in lower case.</summary>
    public string? Currency { get; init; }

    /// <summary><c>in_…</c></summary>
    public string? LatestInvoiceId { get; init; }

    /// <summary>The same invoice, when it was asked for (<c>expand[]=latest_invoice</c>).</summary>
    public Invoice? LatestInvoice { get; init; }

    /// <summary><c>sub_sched_…</c>, when a schedule will change it.</summary>
    public string? ScheduleId { get; init; }

    /// <summary>The same schedule, when it was asked for (<c>expand[]=schedule</c>).</summary>
    public SubscriptionSchedule? Schedule { get; init; }

    /// <summary>Discounts on all of it.</summary>
    public IReadOnlyList<Discount> Discounts { get; init; } = [];

    /// <summary>True for real money.</summary>
    public required bool Livemode { get; init; }

    /// <summary>Stripe's own time when it answered with this state; null when it came in an event.</summary>
    public DateTimeOffset? AsOf { get; init; }

    internal static Subscription Read(Fields json) => new()
    {
        Id = json.Id("id"),
        Status = json.Text("status"),
        CustomerId = json.ExpandableId("customer") ?? json.Id("customer"),
        Metadata = json.Metadata(),
        Items = json.Object("items").AsList(item => SubscriptionItem.Read(item, json)),
        CancelAtPeriodEnd = json.FlagOrNull("cancel_at_period_end") ?? false,
        CancelAt = json.TimeOrNull("cancel_at"),
        CanceledAt = json.TimeOrNull("canceled_at"),
        EndedAt = json.TimeOrNull("ended_at"),
        StartDate = json.TimeOrNull("start_date"),
        TrialEnd = json.TimeOrNull("trial_end"),
        Created = json.Time("created"),
        Currency = json.TextOrNull("currency"),
        LatestInvoiceId = json.ExpandableId("latest_invoice"),
        LatestInvoice = json.Expanded("latest_invoice", Invoice.Read),
        ScheduleId = json.ExpandableId("schedule"),
        Schedule = json.Expanded("schedule", SubscriptionSchedule.Read),
        Discounts = Discount.ReadAll(json),
        Livemode = json.Flag("livemode"),
    };
}

/// <summary>One price of a subscription.</summary>
public sealed record SubscriptionItem : IHasId
{
    /// <summary><c>si_…</c></summary>
    public required string Id { get; init; }

    /// <summary>What is paid.</summary>
    public required Price Price { get; init; }

    /// <summary>How many; null for metered prices.</summary>
    public long? Quantity { get; init; }

    /// <summary>Since when the current payment counts.</summary>
    public required DateTimeOffset CurrentPeriodStart { get; init; }

    /// <summary>Until when it counts.</summary>
    public required DateTimeOffset CurrentPeriodEnd { get; init; }

    // Before basil the period stood on the subscription, one for all items.
    internal static SubscriptionItem Read(Fields json, Fields subscription) => new()
    {
        Id = json.Id("id"),
        Price = Price.Read(json.Object("price")),
        Quantity = json.NumberOrNull("quantity"),
        CurrentPeriodStart = json.TimeOrNull("current_period_start") ?? subscription.TimeOrNull("current_period_start") ?? json.Time("current_period_start"),
        CurrentPeriodEnd = json.TimeOrNull("current_period_end") ?? subscription.TimeOrNull("current_period_end") ?? json.Time("current_period_end"),
    };
}
