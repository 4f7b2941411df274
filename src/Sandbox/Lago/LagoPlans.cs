using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Lago;

/// <summary>A plan; the amount is in minor units per interval.</summary>
internal sealed record LagoPlan(string Code, string Name, string Interval, long AmountCents, string Currency, DateTimeOffset CreatedAt)
{
    private static readonly Dictionary<string, int> PerYear =
        new(StringComparer.Ordinal) { ["weekly"] = 52, ["monthly"] = 12, ["quarterly"] = 4, ["semiannual"] = 2, ["yearly"] = 1 };

    public Guid LagoId { get; } = Guid.NewGuid();

    /// <summary>What Lago compares to tell an upgrade from a downgrade (models/plan.rb).</summary>
    public long YearlyAmountCents => checked(AmountCents * PerYear[Interval]);

    public static bool IsInterval(string? text) => text is not null && PerYear.ContainsKey(text);

    /// <summary>The start of the n-th period after the anchor.</summary>
    public DateTime Step(DateTime anchor, int periods) =>
        Interval == "weekly" ? anchor.AddDays(7 * periods) : anchor.AddMonths(12 / PerYear[Interval] * periods);

    public JsonObject ToJson() => new()
    {
        ["lago_id"] = LagoId.ToString(),
        ["name"] = Name,
        ["invoice_display_name"] = null,
        ["created_at"] = LagoJson.Time(CreatedAt),
        ["code"] = Code,
        ["interval"] = Interval,
        ["description"] = null,
        ["amount_cents"] = AmountCents,
        ["amount_currency"] = Currency,
        ["trial_period"] = 0.0,
        ["pay_in_advance"] = true,
        ["bill_charges_monthly"] = null,
        ["bill_fixed_charges_monthly"] = null,
        ["minimum_commitment"] = null,
        ["charges"] = new JsonArray(),
        ["fixed_charges"] = new JsonArray(),
        ["taxes"] = new JsonArray(),
        ["usage_thresholds"] = new JsonArray(),
        ["entitlements"] = new JsonArray(),
        ["metadata"] = null,
    };
}

/// <summary>The plans of the organization: the product's paid tiers, monthly and yearly, and what is posted.</summary>
internal sealed class LagoPlans
{
    private readonly ConcurrentDictionary<string, LagoPlan> plans = new(StringComparer.Ordinal);
    private readonly TimeProvider time;

    public LagoPlans(TimeProvider time)
    {
        this.time = time;
        (string Tier, long Monthly, long Yearly)[] tiers =
            [("trial", 100, 100), ("starter", 1900, 19000), ("professional", 4900, 49000), ("founders-friend", 4900, 49000), ("enterprise", 9900, 99000)];
        foreach (var (tier, monthly, yearly) in tiers)
        {
            plans[tier] = new(tier, tier, "monthly", monthly, "USD", time.GetUtcNow());
            plans[$"{tier}_yearly"] = new($"{tier}_yearly", $"{tier} yearly", "yearly", yearly, "USD", time.GetUtcNow());
        }
    }

    public IReadOnlyList<LagoPlan> All => [.. plans.Values.OrderBy(p => p.CreatedAt).ThenBy(p => p.Code, StringComparer.Ordinal)];

    /// <summary>Exact and case-sensitive.</summary>
    public LagoPlan Get(string? code) => code is not null && plans.TryGetValue(code, out var plan) ? plan : throw LagoRefusal.NotFound("plan");

    /// <summary>Unlike a customer, a plan is not upserted: a code that exists is refused.</summary>
    public LagoPlan Create(JsonObject input)
    {
        string[] mandatory = ["name", "code", "interval", "amount_cents", "amount_currency"];
        var faults = mandatory.Where(m => input.Text(m) is null).Select(m => (m, "value_is_mandatory")).ToList();
        if (input.Text("interval") is { } interval && !LagoPlan.IsInterval(interval)) faults.Add(("interval", "value_is_invalid"));
        if (input.Text("amount_currency") is { } currency && !LagoCustomers.IsCurrency(currency)) faults.Add(("amount_currency", "value_is_invalid"));
        var cents = 0L;
        if (input.Text("amount_cents") is { } amount && (!long.TryParse(amount, out cents) || cents < 0))
            faults.Add(("amount_cents", "value_is_out_of_range"));
        if (faults.Count > 0) throw LagoRefusal.Invalid(faults);

        var plan = new LagoPlan(input.Text("code")!, input.Text("name")!, input.Text("interval")!, cents, input.Text("amount_currency")!, time.GetUtcNow());
        return plans.TryAdd(plan.Code, plan) ? plan : throw LagoRefusal.Invalid("code", "value_already_exist");
    }
}
