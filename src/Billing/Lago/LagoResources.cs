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
/// What is sent about a customer; a member that is null is not sent, and so stays as it is. Metadata only on creation: a repeat meets its own keys.
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

/// <summary>Asks for a subscription, or for another plan of the one with this external id. Lago has no idempotency key: the external id is it.</summary>
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
