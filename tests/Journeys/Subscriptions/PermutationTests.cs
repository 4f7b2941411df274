using System.Globalization;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Subscriptions;

/// <summary>
/// In whatever order Stripe's events arrive and are carried out, and however often, everything ends as if they had come in theirs. ORDERS asks for more
/// orders than the usual, ORDERS_SEED for other ones; a failure names the orders.
/// </summary>
public sealed class PermutationTests(Cluster cluster)
{
    private const string Foreign = "department=R&D – Zürich; locale=en; ";
    private const string Ids = "stripe_customer_id=its customer; stripe_subscription_id=its subscription; ";

    private const string Ended = $"""
        Lago: named addressed USD; 
        Keycloak: {Foreign}{Ids}subscription_end_date=its end; subscription_start_date=its start; subscription_status=canceled; subscription_tier=free
        Row: t enterprise monthly canceled f f 9900 usd until its period's end, cancels never, ended its end
        Has: free none canceled monthly, unpaid since never
        Credits: 60
        """;

    private const string PastDue = $"""
        Lago: named addressed USD; its subscription enterprise active
        Keycloak: {Foreign}{Ids}subscription_end_date=its period's end; subscription_start_date=its start; subscription_status=past_due; subscription_tier=enterprise
        Row: t enterprise monthly past_due t f 9900 usd enterprise until its period's end, cancels never, ended never
        Has: enterprise grace past_due monthly, unpaid since its invoice
        Credits: 60
        """;

    private const string Leaving = $"""
        Lago: named addressed USD; its subscription enterprise active
        Keycloak: {Foreign}{Ids}subscription_end_date=its period's end; subscription_start_date=its start; subscription_status=active; subscription_tier=enterprise
        Row: t enterprise monthly active t t 9900 usd enterprise until its period's end, cancels its period's end, ended never
        Has: enterprise full active monthly, unpaid since never
        Credits: 60
        """;

    /// <summary>Sold, created, paid for, upgraded, renewed and not paid for, past due, ended: 40,320 orders.</summary>
    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 1)]
    [InlineData(false, 0)] // what can be in one second is: only what they are tells them apart
    public Task Any_order_of_a_whole_life_ends_in_one_state(bool stripeAnswers, int secondsBetween) =>
        RunAsync(stripeAnswers, new Fate(secondsBetween, Fails: true, Ends: true), Ended);

    /// <summary>The same without the end: 5,040 orders.</summary>
    [Fact]
    public Task Any_order_of_a_life_with_an_unpaid_invoice_ends_in_one_grace() => RunAsync(stripeAnswers: true, new Fate(1, Fails: true, Ends: false), PastDue);

    /// <summary>Sold, created, paid for, upgraded, cancelled for the period's end: 120 orders.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Any_order_of_a_life_that_goes_on_ends_in_one_state(bool stripeAnswers) => RunAsync(stripeAnswers, new Fate(1, Fails: false, Ends: false), Leaving);

    private async Task RunAsync(bool stripeAnswers, Fate fate, string expected)
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2);
        if (!stripeAnswers) journey.World.Stripe.Add(Gone);
        journey.World.Stripe.DeliveryFaults.Drop = true;
        var seed = Number("ORDERS_SEED", 1);
        var random = new Random(seed);
        var lives = Live(journey, Number("ORDERS", 24), fate, random);

        var length = lives.Max(life => life.Events.Count);
        for (var round = 0; round < length; round++)
        {
            await Task.WhenAll(lives.Where(l => round < l.Events.Count).Select(life => journey.World.Stripe.DeliverAsync(life.Events[round])));
            await journey.SettleAsync();
        }

        (await journey.RowsAsync<string>("SELECT DISTINCT last_error FROM inbox_steps WHERE outcome = 'parked'")).ShouldBeEmpty();
        var digests = await Task.WhenAll(lives.Select(async life => (Digest: await Digest.OfAsync(journey, life.User, life.Subscription), life.Order)));
        string.Join("\n", digests.GroupBy(d => d.Digest).Where(g => g.Key != expected).Select(g => $"ORDERS_SEED={seed}: {g.Count()} orders, such as {g.First().Order}:\n{g.Key}"))
            .ShouldBeEmpty();
        await Oracles.HoldAsync(journey);
    }

    private static Fault Gone { get; } = new(r => r.Path.StartsWithSegments("/v1/subscriptions", StringComparison.Ordinal), int.MaxValue)
    {
        Status = 404,
        Body = """{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No such subscription"}}""",
    };

    /// <summary>Everybody lives the same life at the same time; to each its events come in an order of his own, and three of them twice.</summary>
    private static List<Life> Live(Journey journey, int count, Fate fate, Random random)
    {
        var (stripe, clock) = (journey.World.Stripe, journey.World.Clock);
        var wait = TimeSpan.FromSeconds(fate.SecondsBetween);
        var lives = Enumerable.Range(0, count).Select(i => NewUser(journey, i)).Select(user => (User: user, Id: journey.BuyPlan(user, "professional"))).ToList();
        clock.Advance(wait);
        foreach (var (_, id) in lives) stripe.ChangePlan(id, "enterprise_monthly");
        clock.Advance(wait);
        foreach (var (_, id) in lives)
        {
            if (fate.Fails) stripe.BreakCard(id);
            else stripe.CancelAtPeriodEnd(id);
        }

        if (fate.Fails) clock.AdvanceMonths(1);
        clock.Advance(wait);
        foreach (var (_, id) in lives.Where(_ => fate.Ends)) stripe.Cancel(id);
        var events = stripe.Events.ToLookup(e => SubscriptionOf(e), e => (e.Id, e.Type));
        return [.. lives.Select(life => Ordered(life.User, life.Id))];

        Life Ordered(ShopUser user, string id)
        {
            var own = events[id].ToArray();
            own.Length.ShouldBe(5 + (fate.Fails ? 2 : 0) + (fate.Ends ? 1 : 0));
            random.Shuffle(own);
            List<(string Id, string Type)> order = [.. own];
            for (var i = 0; i < 3; i++) order.Insert(random.Next(order.Count + 1), own[random.Next(own.Length)]);
            return new Life(user, id, [.. order.Select(e => e.Id)], string.Join(", ", order.Select(e => e.Type)));
        }

        // Whose story an event tells: its own, its session's, or an invoice's; of the two for a paid one, the first.
        string SubscriptionOf(StripeEvent e) => e.Type switch
        {
            Buying.Completed => stripe.SubscriptionOf(e.ObjectId!),
            "invoice.paid" or "invoice.payment_failed" => (string)stripe.Read(e.ObjectId!)["parent"]!["subscription_details"]!["subscription"]!,
            _ => e.ObjectId!,
        };
    }

    private static ShopUser NewUser(Journey journey, int number)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"user{number}");
        var user = new KeycloakUser(Guid.NewGuid().ToString(), name) { FirstName = "User", LastName = name, Email = $"{name}@example.com", EmailVerified = true }
            .With("locale", "en").With("department", "R&D – Zürich");
        journey.World.Keycloak.Seed(user);
        return Journey.Shopper(user);
    }

    private static int Number(string variable, int usual) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var wanted) ? wanted : usual;

    private sealed record Fate(int SecondsBetween, bool Fails, bool Ends);

    private sealed record Life(ShopUser User, string Subscription, IReadOnlyList<string> Events, string Order);
}
