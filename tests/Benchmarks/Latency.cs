using System.Globalization;
using System.Text;
using BillingMonolith.Host.Webhook;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;
using Dapper;
using Npgsql;

namespace BillingMonolith.Benchmarks;

/// <summary>
/// From the sending of a subscription's <c>checkout.session.completed</c> to the end of its last step, against the critical path of the calls that
/// it needs: Stripe's, then the longer of Lago's and Keycloak's, each of which take 100 to 200 ms.
/// </summary>
internal static class Latency
{
    private const int Checkouts = 25;
    private const int WarmUps = 3;

    public static async Task<IReadOnlyList<Finding>> MeasureAsync(Run run, CancellationToken cancellationToken)
    {
        await using var world = await World.CreateAsync(await run.NewDatabaseAsync(), extra: Load.WithoutMail);
        await using var database = new NpgsqlConnection(world.ConnectionString);
        await database.OpenAsync(cancellationToken);
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        await world.StartHostAsync(cancellationToken: cancellationToken);
        world.Stripe.HoldDeliveries();
        foreach (var neighbour in new StandIn[] { world.Stripe, world.Lago, world.Keycloak }) SlowDown(neighbour);

        var (taken, needed) = (new List<double>(), new List<double>());
        for (var number = 0; number < WarmUps + Checkouts; number++)
        {
            var user = DemoUsers.Buyer with
            {
                Id = string.Create(CultureInfo.InvariantCulture, $"7c9e6679-7425-40de-944b-{number:D12}"),
                Username = $"user{number}", Email = $"user{number}@example.com",
            };
            world.Keycloak.Seed(user);
            var before = (Stripe: world.Stripe.Journal.Count, Lago: world.Lago.Journal.Count, Keycloak: world.Keycloak.Journal.Count);
            var milliseconds = await ProvisionAsync(world, database, http, Buy(world.Stripe, user));
            if (number < WarmUps) continue;
            taken.Add(milliseconds);
            needed.Add(Sum(world.Stripe, before.Stripe) + Math.Max(Sum(world.Lago, before.Lago), Sum(world.Keycloak, before.Keycloak)));
        }

        Run.Note($"latency: {Run.Median(taken):0} ms, of which calls {Run.Median(needed):0} ms; worst {taken.Zip(needed, (t, n) => t / n).Max():0.00}");
        return [new("Provisioning, POST sent to last step ended", Text(taken), $"critical path of its calls: {Text(needed)}",
            Run.Median(taken.Zip(needed, (t, n) => t / n)), AtMost: 1.3)];
    }

    private static StripeEvent Buy(StripeStandIn stripe, KeycloakUser user)
    {
        var session = stripe.OpenPlanSession(new ShopUser(user.Id, user.Username, user.Email!), "professional", "monthly");
        stripe.Pay(session, new StripeBuyer(user.Email!, user.Username));
        return stripe.Events.Last(e => e.Type == "checkout.session.completed");
    }

    private static async Task<double> ProvisionAsync(World world, NpgsqlConnection database, HttpMessageInvoker http, StripeEvent bought)
    {
        var body = bought.Bytes();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{world.HostUrl}/webhooks/stripe") { Content = new ByteArrayContent(body) };
        request.Headers.TryAddWithoutValidation("Stripe-Signature", StripeSignature.Sign(body, world.WebhookSecret, TimeProvider.System.GetUtcNow()));
        var sent = TimeProvider.System.GetUtcNow();
        using var answer = await http.SendAsync(request, CancellationToken.None);
        if (!answer.IsSuccessStatusCode) throw new InvalidOperationException(Encoding.UTF8.GetString(await answer.Content.ReadAsByteArrayAsync()));
        await Backlog.WhenDoneAsync(database);
        var ended = await database.QuerySingleAsync<(int Steps, DateTime At)>(
            "SELECT count(*)::int, max(completed_at) FROM inbox_steps WHERE event_id = @Id AND outcome = 'done'", new { bought.Id });
        return ended.Steps == 4 ? (ended.At - sent.UtcDateTime).TotalMilliseconds : throw new InvalidOperationException($"{ended.Steps} of 4 steps were done.");
    }

    private static void SlowDown(StandIn neighbour)
    {
        var random = new Random(1);
        for (var n = 5; n > 0; n--)
        {
            var odds = 1.0 / n; // of those that are left: each of 100, 125 … 200 ms for a fifth of the requests
            neighbour.Add(new Fault(_ => random.NextDouble() < odds, int.MaxValue) { Delay = TimeSpan.FromMilliseconds(75 + (25 * n)) });
        }
    }

    private static double Sum(StandIn neighbour, int from) => neighbour.Journal.Skip(from).Sum(call => call.Milliseconds);

    private static string Text(List<double> milliseconds) => string.Create(CultureInfo.InvariantCulture, $"{Run.Median(milliseconds):0} ms");
}
