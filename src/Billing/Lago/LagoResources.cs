namespace BillingMonolith.Billing.Lago;

/// <summary>A customer in Lago; currency is Lago's upper-case ISO code.</summary>
internal sealed record LagoCustomer
{
    public required string ExternalId { get; init; }
    public string? Name { get; init; }
    public string? Email { get; init; }
    public string? Currency { get; init; }
}

/// <summary>
/// The sent fields of a customer; a null member is not sent and therefore stays unchanged. Metadata only on creation, because a repeat conflicts with its keys.
/// </summary>
internal sealed record LagoCustomerInput(string ExternalId)
{
    public string? Name { get; init; }
    public string? Email { get; init; }
    public string? Currency { get; init; }
    public IReadOnlyList<LagoMetadata>? Metadata { get; init; }
}

/// <summary>Key of at most 20, value of at most 100 characters.</summary>
internal sealed record LagoMetadata(string Key, string Value)
{
    public bool DisplayInInvoice { get; init; }
}

/// <summary>A subscription in Lago. <see cref="NextPlanCode"/> is the plan of a scheduled downgrade.</summary>
internal sealed record LagoSubscription
{
    public required string ExternalId { get; init; }
    public required string ExternalCustomerId { get; init; }
    public required string PlanCode { get; init; }
    public required string Status { get; init; }
    public string? NextPlanCode { get; init; }
}

/// <summary>Requests a subscription, or another plan for the one with this external id. Lago has no idempotency key: the external id serves as one.</summary>
internal sealed record LagoSubscriptionInput(string ExternalId, string ExternalCustomerId, string PlanCode)
{
    public string BillingTime { get; init; } = "anniversary";
}

/// <summary>A plan in Lago; the amount is in the currency's minor unit, the currency in capitals.</summary>
internal sealed record LagoPlan
{
    public required string Code { get; init; }
    public string? Name { get; init; }
    public string? Interval { get; init; }
    public long? AmountCents { get; init; }
    public string? AmountCurrency { get; init; }
    public bool? PayInAdvance { get; init; }
}
