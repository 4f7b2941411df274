using System.Globalization;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Lago;

/// <summary>A subscription; never changed, only replaced. Status: pending, active, terminated, canceled.</summary>
internal sealed record LagoSubscription(string ExternalId, LagoCustomer Customer, LagoPlan Plan, DateTimeOffset CreatedAt)
{
    public Guid LagoId { get; init; } = Guid.NewGuid();
    public string ExternalCustomerId => Customer.ExternalId;
    public string PlanCode => Plan.Code;
    public string Status { get; init; } = "active";
    public string Name { get; init; } = "";
    public string BillingTime { get; init; } = "calendar";
    public DateTimeOffset SubscriptionAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndingAt { get; init; }
    public DateTimeOffset? TerminatedAt { get; init; }
    public DateTimeOffset? CanceledAt { get; init; }

    /// <summary>The subscription that this one follows: set on upgrades and on scheduled downgrades.</summary>
    public LagoSubscription? Previous { get; init; }

    /// <summary>The plan of the one that follows: the scheduled downgrade, or, once terminated, what it became.</summary>
    public string? NextPlanCode { get; init; }

    /// <summary>When a scheduled downgrade takes effect: the day after the current period.</summary>
    public DateOnly? DowngradePlanDate { get; init; }

    /// <summary>When a pending one becomes active.</summary>
    public DateTimeOffset? DueAt { get; init; }

    public string? OnTerminationCreditNote { get; init; }
    public string OnTerminationInvoice { get; init; } = "generate";

    /// <summary>First and last day of the billing period that contains the given time: from the start's day of month, or by the calendar.</summary>
    public (DateTime Start, DateTime NextStart) PeriodAt(DateTimeOffset now)
    {
        var day = SubscriptionAt.UtcDateTime.Date;
        if (BillingTime == "calendar") day = Plan.Interval == "yearly" ? new(day.Year, 1, 1) : new(day.Year, day.Month, 1);
        var periods = 0;
        while (Plan.Step(day, periods + 1) <= now.UtcDateTime) periods++;
        var start = Plan.Step(day, periods);
        return (StartedAt?.UtcDateTime.Date is { } started && started > start ? started : start, Plan.Step(day, periods + 1));
    }

    public JsonObject ToJson(DateTimeOffset now)
    {
        var (start, nextStart) = PeriodAt(now);
        var billed = Status is "active" or "terminated";
        return new()
        {
            ["lago_id"] = LagoId.ToString(),
            ["external_id"] = ExternalId,
            ["lago_customer_id"] = Customer.LagoId.ToString(),
            ["external_customer_id"] = ExternalCustomerId,
            ["name"] = Name,
            ["plan_code"] = Plan.Code,
            ["plan_amount_cents"] = Plan.AmountCents,
            ["plan_amount_currency"] = Plan.Currency,
            ["status"] = Status,
            ["billing_time"] = BillingTime,
            ["subscription_at"] = LagoJson.Time(SubscriptionAt),
            ["started_at"] = LagoJson.Milliseconds(StartedAt),
            ["trial_ended_at"] = null,
            ["ending_at"] = LagoJson.Time(EndingAt),
            ["terminated_at"] = LagoJson.Time(TerminatedAt),
            ["canceled_at"] = LagoJson.Time(CanceledAt),
            ["created_at"] = LagoJson.Time(CreatedAt),
            ["previous_plan_code"] = Previous?.Plan.Code,
            ["next_plan_code"] = NextPlanCode,
            ["downgrade_plan_date"] = DowngradePlanDate?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            ["current_billing_period_started_at"] = billed ? LagoJson.Time(Utc(start)) : null,
            ["current_billing_period_ending_at"] = billed ? LagoJson.Time(Utc(nextStart).AddSeconds(-1)) : null,
            ["on_termination_credit_note"] = OnTerminationCreditNote,
            ["on_termination_invoice"] = OnTerminationInvoice,
            ["progressive_billing_disabled"] = false,
            ["consolidate_invoice"] = true,
            ["purchase_order_number"] = null,
            ["cancellation_reason"] = null,
            ["activated_at"] = LagoJson.Time(StartedAt),
            ["payment_method"] = new JsonObject { ["payment_method_id"] = null, ["payment_method_type"] = "provider" },
        };
    }

    internal static DateTimeOffset Utc(DateTime day) => new(day, TimeSpan.Zero);
}
