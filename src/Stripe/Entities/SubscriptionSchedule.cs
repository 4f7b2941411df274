using System.Collections.ObjectModel;

namespace Stripe;

/// <summary>A schedule that will change a subscription when its current phase ends.</summary>
public sealed record SubscriptionSchedule : IHasId
{
    /// <summary><c>sub_sched_…</c></summary>
    public required string Id { get; init; }

    /// <summary><c>not_started</c>, <c>active</c>, <c>completed</c>, <c>released</c> or <c>canceled</c>.</summary>
    public required string Status { get; init; }

    /// <summary><c>sub_…</c>; after the release the one that it was released from. Null while none has begun.</summary>
    public string? SubscriptionId { get; init; }

    /// <summary>What it goes through, in the order of time; those that are over too.</summary>
    public IReadOnlyList<SubscriptionSchedulePhase> Phases { get; init; } = [];

    /// <summary>When the phase ends that the subscription is in; null when it is in none.</summary>
    public DateTimeOffset? CurrentPhaseEnd { get; init; }

    /// <summary>The shop's own notes.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>True for real money.</summary>
    public required bool Livemode { get; init; }

    /// <summary>The phase after the current one; null when nothing is to change any more.</summary>
    public SubscriptionSchedulePhase? NextPhase => CurrentPhaseEnd is { } end ? Phases.FirstOrDefault(p => p.StartDate >= end) : null;

    internal static SubscriptionSchedule Read(Fields json) => new()
    {
        Id = json.Id("id"),
        Status = json.Text("status"),
        SubscriptionId = json.ExpandableId("subscription") ?? json.ExpandableId("released_subscription"),
        Phases = json.Each("phases", SubscriptionSchedulePhase.Read) ?? [],
        CurrentPhaseEnd = json.ObjectOrNull("current_phase")?.TimeOrNull("end_date"),
        Metadata = json.Metadata(),
        Created = json.Time("created"),
        Livemode = json.Flag("livemode"),
    };
}

/// <summary>What a subscription is while a phase lasts.</summary>
public sealed record SubscriptionSchedulePhase
{
    /// <summary>Since when.</summary>
    public required DateTimeOffset StartDate { get; init; }

    /// <summary>Until when.</summary>
    public required DateTimeOffset EndDate { get; init; }

    /// <summary>When the trial ends, if there is one.</summary>
    public DateTimeOffset? TrialEnd { get; init; }

    /// <summary>What is paid.</summary>
    public IReadOnlyList<SubscriptionSchedulePhaseItem> Items { get; init; } = [];

    /// <summary>Discounts on all of it.</summary>
    public IReadOnlyList<SubscriptionScheduleDiscount> Discounts { get; init; } = [];

    /// <summary>What becomes the subscription's own notes.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    internal static SubscriptionSchedulePhase Read(Fields json) => new()
    {
        StartDate = json.Time("start_date"),
        EndDate = json.Time("end_date"),
        TrialEnd = json.TimeOrNull("trial_end"),
        Items = json.Each("items", SubscriptionSchedulePhaseItem.Read) ?? [],
        Discounts = json.Each("discounts", SubscriptionScheduleDiscount.Read) ?? [],
        Metadata = json.Metadata(),
    };
}

/// <summary>A price of a phase.</summary>
/// <param name="PriceId"><c>price_…</c></param>
/// <param name="Price">The price itself, when it was asked for (<c>expand[]=phases.items.price</c>).</param>
/// <param name="Quantity">How many; null for metered prices.</param>
public sealed record SubscriptionSchedulePhaseItem(string? PriceId, Price? Price, long? Quantity)
{
    internal static SubscriptionSchedulePhaseItem Read(Fields json) =>
        new(json.ExpandableId("price"), json.Expanded("price", Stripe.Price.Read), json.NumberOrNull("quantity"));
}

/// <summary>A discount of a phase: one that is there already, or what makes it.</summary>
/// <param name="CouponId">The coupon.</param>
/// <param name="DiscountId"><c>di_…</c></param>
/// <param name="PromotionCodeId"><c>promo_…</c></param>
public sealed record SubscriptionScheduleDiscount(string? CouponId, string? DiscountId, string? PromotionCodeId)
{
    internal static SubscriptionScheduleDiscount Read(Fields json) =>
        new(json.ExpandableId("coupon"), json.ExpandableId("discount"), json.ExpandableId("promotion_code"));
}
