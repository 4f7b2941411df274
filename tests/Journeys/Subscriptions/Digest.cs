using System.Globalization;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;

namespace BillingMonolith.Journeys.Subscriptions;

/// <summary>How a user stands in every system, in words that can be compared between users: ids and dates are said in terms of Stripe's own subscription.</summary>
internal static class Digest
{
    public static async Task<string> OfAsync(Journey journey, ShopUser user, string subscriptionId)
    {
        var stripe = journey.World.Stripe.Read(subscriptionId);
        var customer = journey.World.Lago.Customers.Single(c => c.ExternalId == user.Id);
        var lago = journey.World.Lago.Subscriptions(user.Id).Where(s => s.Status is "active" or "pending").Select(s => $"{Word(s.ExternalId, "id")} {s.PlanCode} {s.Status}");
        var keycloak = journey.World.Keycloak.Users.Single(u => u.Id == user.Id).Attributes.Select(a => $"{a.Key}={string.Join(',', a.Value.Select(v => Word(v, a.Key)))}");
        var row = await journey.ScalarAsync<string>("""
            SELECT concat_ws(' ', user_id = @user, tier_id, billing_cycle, status, is_active, cancel_at_period_end, amount_minor, currency, lago_plan_code)
            FROM billing_subscriptions WHERE subscription_id = @subscriptionId
            """, new { user = user.Id, subscriptionId });
        var dates = (await journey.RowsAsync<(DateTime? End, DateTime? Cancels, DateTime? Ended)>(
            "SELECT current_period_end, cancel_at, ended_at FROM billing_subscriptions WHERE subscription_id = @subscriptionId", new { subscriptionId })).Single();
        var has = (await journey.RowsAsync<(string Has, DateTime? Since)>(
            "SELECT concat_ws(' ', tier_id, standing, status, billing_cycle), past_due_since FROM identity_entitlement(@user)", new { user = user.Id })).Single();
        var invoice = journey.World.Stripe.Read((string)stripe["latest_invoice"]!);
        return $"""
            Lago: {(customer.Name == user.Name ? "named" : customer.Name)} {(customer.Email == user.Email ? "addressed" : customer.Email)} {customer.Currency}; {string.Join(", ", lago)}
            Keycloak: {string.Join("; ", keycloak)}
            Row: {row} until {Word(Iso(dates.End), "end")}, cancels {Word(Iso(dates.Cancels), "end")}, ended {Word(Iso(dates.Ended), "end")}
            Has: {has.Has}, unpaid since {(Iso(has.Since) == Unix((long)invoice["created"]!) ? "its invoice" : Iso(has.Since))}
            Credits: {await journey.BalanceAsync(user.Id)}
            """;

        // Start and end may be in one second.
        string Word(string value, string name) =>
            value == subscriptionId ? "its subscription"
            : value == (string?)stripe["customer"] ? "its customer"
            : name == "subscription_start_date" && value == Unix((long?)stripe["start_date"]) ? "its start"
            : value == Unix((long?)stripe["ended_at"]) ? "its end"
            : value == Unix((long?)stripe["items"]!["data"]![0]!["current_period_end"]) ? "its period's end"
            : value;
    }

    private static string Iso(DateTime? moment) => moment?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "never";

    private static string? Unix(long? seconds) => seconds is { } s ? Iso(DateTimeOffset.FromUnixTimeSeconds(s).UtcDateTime) : null;
}
