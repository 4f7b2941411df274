using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using BillingMonolith.Host.Webhook;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;
using Stripe;

namespace BillingMonolith.Journeys.Crashes;

/// <summary>A paid checkout and the event that tells of it; delivered by whoever holds it.</summary>
internal sealed record Bought(string EventId, string SessionId, byte[] Body);

/// <summary>How a webhook was answered.</summary>
internal sealed record Answer(HttpStatusCode Status, TimeSpan? RetryAfter, string? Word, string? EventId);

/// <summary>Many buyers, and single purchases whose delivery the test has in its own hand.</summary>
internal static class Crowd
{
    /// <summary>Every tenth purchase of a crowd is a plan, the others are packs of 1,000 credits.</summary>
    private const int PlanEvery = 10;
    public const int PackCredits = 1000;
    private static readonly HttpMessageInvoker Http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 64 });

    /// <summary>How many purchases a test of many makes; JOURNEY_EVENTS asks for another number.</summary>
    public static int Size(int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable("JOURNEY_EVENTS"), CultureInfo.InvariantCulture, out var wanted) ? wanted : usual;

    /// <summary>Time for a crowd of this size to be served on a busy machine.</summary>
    public static TimeSpan Patience(int purchases) => TimeSpan.FromSeconds(60) + (TimeSpan.FromMilliseconds(60) * purchases);

    public static int Plans(int purchases) => (purchases + PlanEvery - 1) / PlanEvery;

    public static int Packs(int purchases) => purchases - Plans(purchases);

    /// <summary>Somebody whom Keycloak knows.</summary>
    public static ShopUser Person(World world, string name)
    {
        var user = new KeycloakUser($"user-{name}", name) { FirstName = name, LastName = "Crowd", Email = $"{name}@example.com", EmailVerified = true };
        world.Keycloak.Seed(user.With("locale", "en").With("department", "R&D – Zürich"));
        return Journey.Shopper(user);
    }

    /// <summary>They buy at once; Stripe delivers as it does. Packs are bought by a third as many users, so that accounts are contended.</summary>
    public static void Buy(World world, int purchases, int from = 0)
    {
        for (var i = from; i < purchases; i++)
        {
            var buyer = (i % Math.Max(purchases / 3, 1)).ToString(CultureInfo.InvariantCulture);
            if (i % PlanEvery == 0) Pay(world, Person(world, "plan" + i.ToString(CultureInfo.InvariantCulture)), plan: true);
            else Pay(world, new ShopUser("user-pack" + buyer, "Pack", "pack@example.com"), plan: false);
        }
    }

    /// <summary>Each paid pack and plan led to what it should, once.</summary>
    public static async Task ServedAsync(Journey journey, int purchases)
    {
        (await journey.CountAsync("inbox_steps WHERE outcome = 'parked'")).ShouldBe(0);
        (await journey.CountAsync("credit_purchases WHERE status = 'completed'")).ShouldBe(Packs(purchases));
        (await journey.CountAsync("billing_subscriptions WHERE is_active")).ShouldBe(Plans(purchases));
        (await journey.ScalarAsync<long>("SELECT sum(balance)::bigint FROM credit_accounts WHERE user_id LIKE 'user-pack%'"))
            .ShouldBe((long)Packs(purchases) * PackCredits);
        journey.World.Lago.Customers.Count.ShouldBe(Plans(purchases));
        journey.World.Keycloak.Users.Count(u => u["subscription_tier"] == "professional").ShouldBe(Plans(purchases));
        await Oracles.HoldAsync(journey);
    }

    public static Bought Pack(World world, ShopUser user) => Held(world, user, plan: false);

    public static Bought Plan(World world, ShopUser user) => Held(world, user, plan: true);

    /// <summary>Posts the event as Stripe would.</summary>
    public static Task<Answer> PostAsync(Journey journey, Bought bought, string? host = null) => PostAsync(journey, bought.Body, host);

    public static async Task<Answer> PostAsync(Journey journey, byte[] body, string? host = null, string? secret = null)
    {
        var signature = StripeSignature.Sign(body, secret ?? journey.World.WebhookSecret, TimeProvider.System.GetUtcNow());
        using var request = new HttpRequestMessage(HttpMethod.Post, (host ?? journey.World.HostUrl) + "/webhooks/stripe");
        request.Content = new ByteArrayContent(body);
        request.Headers.TryAddWithoutValidation("Stripe-Signature", signature);
        using var answer = await Http.SendAsync(request, CancellationToken.None);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        string? Text(string name) => json.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return new Answer(answer.StatusCode, answer.Headers.RetryAfter?.Delta, Text("error") ?? Text("status"), Text("event_id"));
    }

    public static bool Holds(ReadOnlyMemory<byte> bytes, string text) => bytes.Span.IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;

    private static Bought Held(World world, ShopUser user, bool plan)
    {
        world.Stripe.DeliveryFaults.Drop = true;
        var session = Pay(world, user, plan);
        var happened = world.Stripe.Events.Single(e => e.Type == EventTypes.CheckoutSessionCompleted && e.ObjectId == session);
        return new Bought(happened.Id, session, happened.Bytes());
    }

    private static string Pay(World world, ShopUser user, bool plan)
    {
        var session = plan ? world.Stripe.OpenPlanSession(user, "professional", "monthly") : world.Stripe.OpenPackSession(user, "starter");
        world.Stripe.Pay(session, new StripeBuyer(user.Email, user.Name));
        return session;
    }
}
