namespace BillingMonolith.Billing;

/// <summary>A cycle in the notation of the database and the API.</summary>
public static class BillingCycles
{
    /// <summary><c>monthly</c> or <c>yearly</c>.</summary>
    public static string Word(this BillingCycle cycle) => cycle == BillingCycle.Yearly ? "yearly" : "monthly";

    /// <summary><c>month</c> or <c>year</c>: the period that one payment is for, as Stripe writes it.</summary>
    public static string Interval(this BillingCycle cycle) => cycle == BillingCycle.Yearly ? "year" : "month";

    /// <summary>Parses a cycle; null for any other text.</summary>
    public static BillingCycle? Of(string? word) => word switch
    {
        "monthly" => BillingCycle.Monthly,
        "yearly" => BillingCycle.Yearly,
        _ => null,
    };

    /// <summary>Parses a cycle that must be valid, because the database accepts no other.</summary>
    internal static BillingCycle Known(string word) => Of(word) ?? throw new InvalidOperationException($"There is no cycle '{word}'.");
}
