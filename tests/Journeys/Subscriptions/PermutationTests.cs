using System.Globalization;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Subscriptions;

/// <summary>In whatever order Stripe's events arrive and are carried out, everything ends as if they had come in theirs.</summary>
public sealed class PermutationTests(Cluster cluster)
{
    private const string Foreign = "department=R&D – Zürich; locale=en; ";

    private const string Ended = $"""
        Lago: named addressed USD; 
        Keycloak: {Foreign}stripe_customer_id=its customer; stripe_subscription_id=its subscription; subscription_end_date=its end; subscription_start_date=its start; subscription_status=canceled; subscription_tier=free
        Row: t enterprise monthly canceled f t 9900 usd until its period's end, ended its end
        Credits: 60
        """;

    private const string Leaving = $"""
        Lago: named addressed USD; its subscription enterprise active
        Keycloak: {Foreign}stripe_customer_id=its customer; stripe_subscription_id=its subscription; subscription_end_date=its period's end; subscription_start_date=its start; subscription_status=active; subscription_tier=enterprise
        Row: t enterprise monthly active t t 9900 usd enterprise until its period's end, ended never
        Credits: 60
        """;

    /// <summary>Bought, upgraded, about to end, ended: 120 orders.</summary>
    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 1)]
    [InlineData(false, 0)] // all in one second: only what they are tells them apart
    public Task All_orders_of_a_whole_life_end_in_one_state(bool stripeAnswers, int secondsBetween) => RunAsync(stripeAnswers, secondsBetween, ends: true, Ended);

    /// <summary>The same without the end: 24 orders.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task All_orders_of_a_life_that_goes_on_end_in_one_state(bool stripeAnswers) => RunAsync(stripeAnswers, secondsBetween: 1, ends: false, Leaving);

    private async Task RunAsync(bool stripeAnswers, int secondsBetween, bool ends, string expected)
    {
        await using var journey = await Journey.StartAsync(cluster);
        if (!stripeAnswers) journey.World.Stripe.Add(Gone);
        journey.World.Stripe.DeliveryFaults.Drop = true;
        var lives = Permutations(ends ? 5 : 4).Select((order, i) => Live(journey, NewUser(journey, i), order, secondsBetween, ends)).ToList();

        for (var round = 0; round < lives[0].Events.Length; round++)
        {
            await Task.WhenAll(lives.Select(life => journey.World.Stripe.DeliverAsync(life.Events[round])));
            await journey.SettleAsync();
        }

        (await journey.CountAsync("inbox_steps WHERE outcome = 'parked'")).ShouldBe(0);
        var digests = await Task.WhenAll(lives.Select(async life => (Digest: await Digest.OfAsync(journey, life.User, life.Subscription), life.Order)));
        string.Join("\n", digests.GroupBy(d => d.Digest).Where(g => g.Key != expected).Select(g => $"{g.Count()} orders, such as {g.First().Order}:\n{g.Key}"))
            .ShouldBeEmpty();
        await Oracles.HoldAsync(journey);
    }

    private static Fault Gone { get; } = new(r => r.Path.StartsWithSegments("/v1/subscriptions", StringComparison.Ordinal), int.MaxValue)
    {
        Status = 404,
        Body = """{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No such subscription"}}""",
    };

    private static Life Live(Journey journey, ShopUser user, int[] order, int secondsBetween, bool ends)
    {
        var stripe = journey.World.Stripe;
        var id = journey.BuyPlan(user, "professional");
        Wait();
        stripe.ChangePlan(id, "enterprise_monthly");
        Wait();
        stripe.CancelAtPeriodEnd(id);
        Wait();
        if (ends) stripe.Cancel(id);
        var session = stripe.Events.Last(e => e.Type == Buying.Completed).Id;
        string[] events = [.. stripe.Events.Where(e => e.ObjectId == id).Select(e => e.Id).Append(session)];
        events.Length.ShouldBe(order.Length);
        return new Life(user, id, [.. order.Select(i => events[i])], string.Join(", ", order.Select(i => stripe.Events.Single(e => e.Id == events[i]).Type)));

        void Wait() => journey.World.Clock.Advance(TimeSpan.FromSeconds(secondsBetween));
    }

    private static ShopUser NewUser(Journey journey, int number)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"user{number}");
        var user = new KeycloakUser(Guid.NewGuid().ToString(), name) { FirstName = "User", LastName = name, Email = $"{name}@example.com", EmailVerified = true }
            .With("locale", "en").With("department", "R&D – Zürich");
        journey.World.Keycloak.Seed(user);
        return Journey.Shopper(user);
    }

    private static IEnumerable<int[]> Permutations(int count) => count == 0
        ? [[]]
        : Permutations(count - 1).SelectMany(shorter => Enumerable.Range(0, count).Select(at => (int[])[.. shorter[..at], count - 1, .. shorter[at..]]));

    private sealed record Life(ShopUser User, string Subscription, string[] Events, string Order);
}
