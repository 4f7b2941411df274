using System.Globalization;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;
using Microsoft.AspNetCore.Http;
using Stripe;

namespace BillingMonolith.Journeys.TopUps;

/// <summary>What a user with automatic top-up does, and what became of it.</summary>
internal static class ToppingUp
{
    public const string Path = "/api/v1/billing/credits/auto-topup";
    private const string Intents = "/v1/payment_intents";

    /// <summary>The user has a customer at Stripe with a saved card; answers the card.</summary>
    public static async Task<string> SaveCardAsync(this Journey journey, StripeCard behaviour = StripeCard.Good, ShopUser? user = null)
    {
        var buyer = user ?? Journey.Ada;
        var customer = await journey.ScalarAsync<string>("SELECT stripe_customer_id FROM identity_customers WHERE user_id = @Id", buyer);
        if (customer is null)
        {
            customer = (await new CustomerService(journey.Client()).CreateAsync(new CustomerCreateOptions { Email = buyer.Email, Name = buyer.Name })).Id;
            await journey.ExecuteAsync("INSERT INTO identity_customers (stripe_customer_id, user_id, linked_by) VALUES (@customer, @Id, 'test')", new { customer, buyer.Id });
        }

        var card = journey.World.Stripe.SaveCard(customer);
        journey.World.Stripe.CardBehaves(card, behaviour);
        return card;
    }

    public static IStripeClient Client(this Journey journey) =>
        new GuardedStripeClient(new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(journey.World.Stripe.Url) }, journey.World.Stripe.ApiKey);

    public static Task<Page> SetAsync(this Journey journey, string body, HostProcess? host = null) => ApiCalls.CallAsync(
        HttpMethod.Put, (host ?? journey.World.Host).Url + Path, SignedIn.Json(body), journey.TokenOf(DemoUsers.Buyer));

    /// <summary>Below 50 credits a starter pack for 10 dollars, up to 100 a month; 1,000 credits each.</summary>
    public static async Task TurnOnAsync(this Journey journey, string? card = null, long cap = 10_000, long threshold = 50)
    {
        var method = card is null ? "" : $",\"payment_method_id\":\"{card}\"";
        var page = await journey.SetAsync(string.Create(CultureInfo.InvariantCulture,
            $$"""{"package_code":"starter","threshold":{{threshold}},"monthly_cap_minor":{{cap}}{{method}}}"""));
        page.Status.ShouldBe(200, page.Body);
    }

    public static Task<Page> ShownAsync(this Journey journey) => journey.World.Host.GetAsync(Path, journey.TokenOf(DemoUsers.Buyer));

    /// <summary>State, why it stopped, what was charged this month.</summary>
    public static async Task<string> StandAsync(this Journey journey)
    {
        var page = await journey.ShownAsync();
        page.Status.ShouldBe(200, page.Body);
        return $"{page.Json.GetProperty("state")} {page.Json.GetProperty("stopped_reason")} {page.Json.GetProperty("charged_this_month_minor")}";
    }

    /// <summary>Credits that Ada has from elsewhere.</summary>
    public static async Task GrantAsync(this Journey journey, long credits)
    {
        var body = $$"""{"user_id":"{{Journey.Ada.Id}}","credits":{{credits}},"reason":"for a test"}""";
        (await journey.World.Host.PostAsync("/api/v1/billing/credits/admin/grants", body, journey.TokenOf(DemoUsers.Admin), $"{Guid.NewGuid()}")).Status.ShouldBe(201);
    }

    public static Task<Page> ConsumeAsync(this Journey journey, long amount, HostProcess? host = null) =>
        (host ?? journey.World.Host).PostAsync("/api/v1/billing/credits/consume", $$"""{"amount":{{amount}},"reason":"for a test"}""", journey.TokenOf(DemoUsers.Buyer), $"{Guid.NewGuid()}");

    /// <summary>Waits until no top-up is open and everything has settled.</summary>
    public static async Task ToppedUpAsync(this Journey journey)
    {
        await Journey.UntilAsync(async () => await journey.CountAsync("credit_top_ups") == 0, "every top-up ends");
        await journey.SettleAsync();
        (await journey.CountAsync("credit_purchases WHERE kind = 'top_up' AND status IN ('pending', 'processing')")).ShouldBe(0);
    }

    public static Task<List<string>> TopUpsAsync(this Journey journey) =>
        journey.RowsAsync<string>("SELECT status FROM credit_purchases WHERE kind = 'top_up' ORDER BY created_at");

    /// <summary>What Stripe took from the user: one entry per payment that succeeded.</summary>
    public static async Task<List<PaymentIntent>> ChargesAsync(this Journey journey)
    {
        var customer = await journey.ScalarAsync<string>("SELECT stripe_customer_id FROM identity_customers WHERE user_id = @Id", Journey.Ada);
        var all = await new PaymentIntentService(journey.Client()).ListAsync(new PaymentIntentListOptions { Customer = customer, Limit = 100 });
        return [.. all.Where(i => i.Status == PaymentIntentStatuses.Succeeded)];
    }

    /// <summary>How often a host asked Stripe for a payment.</summary>
    public static int Asked(this Journey journey) => journey.World.Stripe.Journal.Count(e => e is { Method: "POST", Path: Intents });

    public static bool IsPayment(HttpRequest request) => request.Method == "POST" && request.Path == Intents;

    public static bool IsSearch(HttpRequest request) => request.Method == "GET" && request.Path.StartsWithSegments(Intents, StringComparison.Ordinal);
}
