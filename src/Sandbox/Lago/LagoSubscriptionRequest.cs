using System.Globalization;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Lago;

/// <summary>The body of <c>POST /subscriptions</c>, refused in the order that Lago has (subscriptions/create_service.rb, validate_service.rb).</summary>
internal sealed record LagoSubscriptionRequest(
    string ExternalId, string ExternalCustomerId, string Name, string BillingTime, DateTimeOffset SubscriptionAt, DateTimeOffset? EndingAt)
{
    public static LagoSubscriptionRequest Read(JsonObject input, DateTimeOffset now)
    {
        var (startsAt, endingAt) = Dates(input, now, now);
        if (input.ContainsKey("plan_overrides")) throw LagoRefusal.PremiumOnly();
        // Both ids are trimmed here, and only here: POST /customers takes them as they are.
        var customer = input.Text("external_customer_id")?.Trim() ?? throw LagoRefusal.Invalid("external_customer_id", "value_is_mandatory");
        var billingTime = input.Text("billing_time") ?? "calendar";
        if (billingTime is not ("calendar" or "anniversary")) throw LagoRefusal.Invalid("billing_time", "value_is_invalid");
        var externalId = input.Text("external_id")?.Trim() ?? throw LagoRefusal.Invalid("external_id", "value_is_mandatory");
        return new(externalId, customer, input.Text("name")?.Trim() ?? "", billingTime, startsAt, endingAt);
    }

    /// <summary>The end must fall on a later day than today and than the start.</summary>
    public static (DateTimeOffset StartsAt, DateTimeOffset? EndingAt) Dates(JsonObject input, DateTimeOffset startsAt, DateTimeOffset now)
    {
        var faults = new List<(string, string)>();
        var startIsRight = input.Text("subscription_at") is not { } start || IsDate(start, out startsAt);
        if (!startIsRight) faults.Add(("subscription_at", "invalid_date"));

        DateTimeOffset? endingAt = null;
        if (input.Text("ending_at") is { } end)
        {
            var earliest = (startsAt > now ? startsAt : now).UtcDateTime.Date.AddDays(1);
            if (startIsRight && IsDate(end, out var endsAt) && endsAt.UtcDateTime.Date >= earliest) endingAt = endsAt;
            else faults.Add(("ending_at", "invalid_date"));
        }

        return faults.Count == 0 ? (startsAt, endingAt) : throw LagoRefusal.Invalid(faults);
    }

    private static bool IsDate(string text, out DateTimeOffset time)
    {
        string[] iso = ["yyyy-MM-dd", "yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK", "yyyy-MM-ddTHH:mmK"];
        return DateTimeOffset.TryParseExact(text, iso, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
    }
}
