using System.Text.Json;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Plans;

/// <summary>What users do with plans, over our own API.</summary>
internal static class Planning
{
    public const string Checkout = "/api/v1/billing/subscriptions/checkout";
    public const string Period = "/api/subscriptions/update-billing-period";
    private const string Own = "/api/v1/billing/subscription";

    /// <summary>The tiers know the stand-in's prices, as after `setup stripe`.</summary>
    public static async Task SellPlansAsync(this Journey journey)
    {
        foreach (var (key, price) in journey.World.Stripe.Prices.Where(p => p.Value["recurring"] is not null))
        {
            var cut = key.LastIndexOf('_');
            await journey.ExecuteAsync("UPDATE billing_tier_prices SET stripe_price_id = @id WHERE tier_id = @tier AND cycle = @cycle AND currency = 'usd'",
                new { id = (string)price["id"]!, tier = key[..cut], cycle = key[(cut + 1)..] });
        }
    }

    public static Task<Page> SubscribeAsync(this HostProcess host, string token, string tier, string cycle = "monthly", string? key = null) =>
        host.PostAsync(Checkout, $$"""{"tier_id":"{{tier}}","billing_cycle":"{{cycle}}"}""", token, key);

    public static string Session(this Page page)
    {
        page.Status.ShouldBe(200, page.Body);
        page.Json.EnumerateObject().Select(m => m.Name).ShouldBe(["checkout_url", "session_id"]);
        return page.Json.GetProperty("session_id").GetString()!;
    }

    /// <summary>Subscribes through our own checkout and pays; answers the subscription.</summary>
    public static async Task<string> SubscribedAsync(this Journey journey, KeycloakUser user, string tier, string cycle = "monthly")
    {
        var session = (await journey.World.Host.SubscribeAsync(journey.TokenOf(user), tier, cycle)).Session();
        journey.World.Stripe.Pay(session);
        await journey.SettleAsync();
        return journey.World.Stripe.SubscriptionOf(session);
    }

    public static Task<Page> StatusAsync(this HostProcess host, string token) => host.GetAsync("/api/v1/billing/subscription-status", token);

    public static Task<Page> CancelAsync(this HostProcess host, string token, string id, bool atPeriodEnd = true) =>
        host.PostAsync($"{Own}/cancel", $$"""{"subscription_id":"{{id}}","at_period_end":{{(atPeriodEnd ? "true" : "false")}}}""", token);

    public static Task<Page> ResumeAsync(this HostProcess host, string token, string id) => host.PostAsync($"{Own}/resume", $$"""{"subscription_id":"{{id}}"}""", token);

    public static Task<Page> ChangeAsync(this HostProcess host, string token, string tier, string cycle = "monthly") =>
        host.PostAsync($"{Own}/upgrade", $$"""{"new_tier_id":"{{tier}}","billing_cycle":"{{cycle}}"}""", token);

    public static string? Text(this JsonElement json, string name) => json.GetProperty(name).GetString();

    /// <summary>The first subscription of the status, in a line: what it is, how it stands, what it will be.</summary>
    public static async Task<string> LineAsync(this HostProcess host, string token)
    {
        var page = await host.StatusAsync(token);
        page.Status.ShouldBe(200, page.Body);
        var (all, first) = (page.Json, page.Json.GetProperty("subscriptions")[0]);
        var planned = first.GetProperty("pending_change") is { ValueKind: JsonValueKind.Object } change ? $" then {change.Text("tier_id")} {change.Text("billing_cycle")}" : "";
        return $"{all.Text("current_tier")} {first.Text("billing_cycle")} {first.Text("status")} {first.GetProperty("amount").GetDecimal()}"
            + (first.GetProperty("cancel_at_period_end").GetBoolean() ? " ends" : "") + planned;
    }

    /// <summary>What Stripe bills: the price's key and the status.</summary>
    public static string AtStripe(this Journey journey, string id)
    {
        var subscription = journey.World.Stripe.Read(id);
        return $"{subscription["items"]!["data"]![0]!["price"]!["lookup_key"]} {subscription["status"]}";
    }
}
