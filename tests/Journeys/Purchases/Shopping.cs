using System.Text.Json;
using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;

namespace BillingMonolith.Journeys.Purchases;

/// <summary>A checkout as our own route opened it.</summary>
internal sealed record Opened(string CheckoutUrl, string SessionId, Guid PurchaseId);

/// <summary>Buying over HTTP, through our own route.</summary>
internal static class Shopping
{
    public const string Purchase = "/api/v1/billing/credits/purchase";
    public const string Starter = """{"package_code":"starter"}""";
    /// <summary>So many that no test meets the limit.</summary>
    public static readonly Dictionary<string, string?> Unlimited = new() { ["Limits__PurchasesPerMinute"] = "10000", ["Limits__ApiPerMinute"] = "10000" };
    private static readonly Browser Client = new();

    public static Task<Page> BuyAsync(this HostProcess host, string token, string? key = null, string body = Starter) => host.PostAsync(Purchase, body, token, key);

    public static Opened Opened(this Page page)
    {
        page.Status.ShouldBe(200, page.Body);
        page.Json.EnumerateObject().Select(m => m.Name).ShouldBe(["checkout_url", "session_id", "purchase_id"]);
        return new Opened(page.Json.GetProperty("checkout_url").GetString()!, page.Json.GetProperty("session_id").GetString()!, page.Json.GetProperty("purchase_id").GetGuid());
    }

    public static Task<Page> CompleteAsync(this HostProcess host, string token, string sessionId) =>
        host.PostAsync($"/api/v1/billing/credits/purchases/{Uri.EscapeDataString(sessionId)}/complete", json: null, token);

    /// <summary>What Stripe has of a kind: <c>checkout/sessions</c>, <c>customers</c>.</summary>
    public static async Task<List<JsonElement>> AtStripeAsync(this Journey journey, string kind)
    {
        var page = await Client.OnceAsync(HttpMethod.Get, $"{journey.World.Stripe.Url}/v1/{kind}?limit=100", content: null, SignedIn.Bearer(journey.World.Stripe.ApiKey));
        return [.. page.Json.GetProperty("data").EnumerateArray()];
    }

    /// <summary>The next calls that would open a session.</summary>
    public static Fault AtOpening(int times) => new(r => r.Method == "POST" && r.Path == "/v1/checkout/sessions", times);

    /// <summary>As many as one request of the Host makes.</summary>
    public const int AllTries = 3;
}
