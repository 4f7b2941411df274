namespace Stripe;

/// <summary>Subscription schedules: <c>/v1/subscription_schedules</c>. All methods throw <see cref="StripeException"/>.</summary>
public sealed class SubscriptionScheduleService(StripeClient client)
    : Service<SubscriptionSchedule>(client, "/v1/subscription_schedules", SubscriptionSchedule.Read)
{
    /// <summary>Puts a subscription under a schedule, whose only phase is its current period. Stripe refuses when it is under one already.</summary>
    public Task<SubscriptionSchedule> CreateAsync(
        SubscriptionScheduleCreateOptions create, RequestOptions? options = null, CancellationToken cancellationToken = default) =>
        PostAsync(create, options, cancellationToken);

    /// <summary>Reads a schedule.</summary>
    public Task<SubscriptionSchedule> GetAsync(string id, IReadOnlyList<string>? expand = null, CancellationToken cancellationToken = default) =>
        FetchAsync(id, expand, cancellationToken);

    /// <summary>Sets its phases, all that are not over: the current one must be among them, with its start.</summary>
    public Task<SubscriptionSchedule> UpdateAsync(
        string id, SubscriptionScheduleUpdateOptions update, RequestOptions? options = null, CancellationToken cancellationToken = default) =>
        PostAsync(id, update, options, cancellationToken);

    /// <summary>Takes the schedule away; the subscription stays as it is now, and nothing will change by itself.</summary>
    public Task<SubscriptionSchedule> ReleaseAsync(string id, RequestOptions? options = null, CancellationToken cancellationToken = default) =>
        ActAsync(id, "release", parameters: null, options, cancellationToken);
}

/// <summary>Parameters of a new schedule.</summary>
public sealed class SubscriptionScheduleCreateOptions : BaseOptions
{
    /// <summary><c>sub_…</c>; Stripe takes no phases beside it.</summary>
    public required string FromSubscription { get; init; }
}

/// <summary>What to change of a schedule.</summary>
public sealed class SubscriptionScheduleUpdateOptions : BaseOptions
{
    /// <summary>What happens after the last phase: <c>release</c> or <c>cancel</c>.</summary>
    public string? EndBehavior { get; init; }

    /// <summary>Whether a change of the current phase is prorated: <c>create_prorations</c>, <c>always_invoice</c> or <c>none</c>.</summary>
    public string? ProrationBehavior { get; init; }

    /// <summary>The current phase and those to come.</summary>
    public IReadOnlyList<SubscriptionSchedulePhaseOptions>? Phases { get; init; }
}

/// <summary>A phase.</summary>
public sealed class SubscriptionSchedulePhaseOptions
{
    /// <summary>Its start; needed for the current one.</summary>
    public DateTimeOffset? StartDate { get; init; }

    /// <summary>Its end; instead of it, <see cref="Duration"/>.</summary>
    public DateTimeOffset? EndDate { get; init; }

    /// <summary>How long it lasts (since API 2025-07-30; <c>iterations</c> is gone since clover).</summary>
    public SubscriptionSchedulePhaseDurationOptions? Duration { get; init; }

    /// <summary>When the trial ends.</summary>
    public DateTimeOffset? TrialEnd { get; init; }

    /// <summary>What is paid.</summary>
    public required IReadOnlyList<SubscriptionSchedulePhaseItemOptions> Items { get; init; }

    /// <summary>Discounts on all of it; those that are not named end with the phase before.</summary>
    public IReadOnlyList<SubscriptionSchedulePhaseDiscountOptions>? Discounts { get; init; }

    /// <summary>Whether entering this phase is prorated.</summary>
    public string? ProrationBehavior { get; init; }

    /// <summary>Becomes the subscription's own notes when the phase begins.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

/// <summary>How long a phase lasts.</summary>
public sealed class SubscriptionSchedulePhaseDurationOptions
{
    /// <summary><c>day</c>, <c>week</c>, <c>month</c> or <c>year</c>.</summary>
    public required string Interval { get; init; }

    /// <summary>How many of them.</summary>
    public long? IntervalCount { get; init; }
}

/// <summary>A price of a phase.</summary>
public sealed class SubscriptionSchedulePhaseItemOptions
{
    /// <summary><c>price_…</c></summary>
    public required string Price { get; init; }

    /// <summary>How many.</summary>
    public long? Quantity { get; init; }
}

/// <summary>A discount of a phase: one of the three.</summary>
public sealed class SubscriptionSchedulePhaseDiscountOptions
{
    /// <summary>A coupon that is applied anew.</summary>
    public string? Coupon { get; init; }

    /// <summary><c>di_…</c>: one that is there already.</summary>
    public string? Discount { get; init; }

    /// <summary><c>promo_…</c></summary>
    public string? PromotionCode { get; init; }
}
