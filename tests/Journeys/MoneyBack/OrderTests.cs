using System.Text;
using System.Text.Json.Nodes;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;

namespace BillingMonolith.Journeys.MoneyBack;

/// <summary>In whatever order the events of a payment come, before their purchase too, everything ends as if they had come in theirs.</summary>
public sealed class OrderTests(Cluster cluster)
{
    /// <summary>Bought, refunded (told twice), failed or not: 24 and 6 orders; the charge brings its refunds itself, or Stripe is asked for them.</summary>
    [Theory]
    [InlineData(true, true, "1000 credits, 0 owed; completed, 0 refunded, 0 disputed, 0 taken back")]
    [InlineData(true, false, "1000 credits, 0 owed; completed, 0 refunded, 0 disputed, 0 taken back")]
    [InlineData(false, true, "0 credits, 0 owed; refunded, 1000 refunded, 0 disputed, 1000 taken back")]
    public Task All_orders_of_a_refund_end_in_one_state(bool fails, bool expanded, string expected) => RunAsync(expected, (journey, session) =>
    {
        var stripe = journey.World.Stripe;
        var refund = stripe.Refund(session);
        var told = stripe.Read(refund); // as it was when the charge's event happened
        var charged = journey.Changed(journey.Last(Returning.ChargeRefunded), e =>
        {
            if (expanded) e["data"]!["object"]!["refunds"] = new JsonObject { ["object"] = "list", ["data"] = new JsonArray(told), ["has_more"] = false };
        });
        List<byte[]> events = [Completed(journey, session), Sent(journey, Returning.RefundCreated), charged];
        if (!fails) return events;
        stripe.FailRefund(refund);
        events.Add(Sent(journey, Returning.RefundFailed));
        return events;
    });

    /// <summary>Bought, disputed, decided, and a part of it refunded: 24 orders; in the second case all within one second of Stripe's clock.</summary>
    [Theory]
    [InlineData("won", 1, "600 credits, 0 owed; completed, 400 refunded, 0 disputed, 400 taken back")]
    [InlineData("won", 0, "600 credits, 0 owed; completed, 400 refunded, 0 disputed, 400 taken back")]
    [InlineData("lost", 1, "0 credits, 0 owed; disputed, 400 refunded, 600 disputed, 1000 taken back")]
    [InlineData("lost", 0, "0 credits, 0 owed; disputed, 400 refunded, 600 disputed, 1000 taken back")]
    public Task All_orders_of_a_dispute_and_a_refund_end_in_one_state(string end, int secondsBetween, string expected) => RunAsync(expected, (journey, session) =>
    {
        journey.World.Stripe.Refund(session, 400);
        return
        [
            Completed(journey, session), Sent(journey, Returning.RefundCreated), journey.Dispute(session, Returning.DisputeCreated, "needs_response", 1000),
            journey.Dispute(session, Returning.DisputeClosed, end, 1000, secondsBetween),
        ];
    });

    /// <summary>An automatic top-up has a payment and no session, and its refund may be known first as well.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_top_up_that_is_refunded_ends_at_nothing_whichever_is_known_first(bool refundFirst)
    {
        await using var journey = await Journey.StartAsync(cluster);
        var purchase = await journey.ScalarAsync<Guid>("""
            INSERT INTO credit_purchases (user_id, package_code, package_name, credits, price_minor, currency, kind, status)
            VALUES (@Id, 'starter', 'Starter Pack', 1000, 1000, 'usd', 'top_up', 'pending') RETURNING id
            """, new { Journey.Ada.Id });
        var paid = Event("payment_intent.succeeded", $$"""
            {"id":"pi_top_up","object":"payment_intent","amount":1000,"amount_received":1000,"currency":"usd","status":"succeeded","created":1766167908,"livemode":false,
             "metadata":{"purpose":"auto_topup","purchase_id":"{{purchase}}"} }
            """);
        var refunded = Event(Returning.RefundCreated, """
            {"id":"re_top_up","object":"refund","amount":1000,"currency":"usd","status":"pending","charge":"ch_1","payment_intent":"pi_top_up","created":1766167909}
            """);
        foreach (var body in refundFirst ? (byte[][])[refunded, paid] : [paid, refunded]) await journey.TellAsync(body);

        (await journey.RowsAsync<string>("SELECT concat_ws(' ', status, refunded_minor, clawed_credits, balance, debt) FROM credit_purchases JOIN credit_accounts USING (user_id)"))
            .ShouldBe(["refunded 1000 1000 0 0"]);
        await Oracles.HoldAsync(journey);

        static byte[] Event(string type, string about) => Encoding.UTF8.GetBytes(
            $$"""{"id":"evt_{{type}}","object":"event","api_version":"2025-11-17.clover","created":1766167910,"livemode":false,"type":"{{type}}","data":{"object":{{about}} } }""");
    }

    private async Task RunAsync(string expected, Func<Journey, string, List<byte[]>> live)
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2);
        journey.World.Stripe.DeliveryFaults.Drop = true;
        var lives = new List<(string Session, byte[][] Events, int[] Order)>();
        foreach (var order in Permutations(live(journey, journey.BuyPack(journey.NewUser(999), "starter")).Count))
        {
            var session = journey.BuyPack(journey.NewUser(lives.Count), "starter");
            var events = live(journey, session);
            lives.Add((session, [.. order.Select(i => events[i])], order));
        }

        for (var round = 0; round < lives[0].Order.Length; round++)
        {
            await Task.WhenAll(lives.Select((life, i) => journey.SendAsync(life.Events[round], host: journey.World.Hosts[(i + round) % 2].Url)));
            await journey.SettleAsync();
        }

        (await journey.CountAsync("inbox_steps WHERE outcome = 'parked'")).ShouldBe(0);
        var standings = new List<string>();
        foreach (var life in lives)
        {
            var standing = await journey.StandingAsync(life.Session);
            if (standing != expected) standings.Add($"{string.Join(", ", life.Order)}: {standing}");
        }

        standings.ShouldBeEmpty();
        await Oracles.HoldAsync(journey);
    }

    private static byte[] Completed(Journey journey, string session) => journey.World.Stripe.Events.Single(e => e.Type == Buying.Completed && e.ObjectId == session).Bytes();

    private static byte[] Sent(Journey journey, string type) => journey.World.Stripe.Events.Last(e => e.Type == type).Bytes();

    private static IEnumerable<int[]> Permutations(int count) => count == 0
        ? [[]]
        : Permutations(count - 1).SelectMany(shorter => Enumerable.Range(0, count).Select(at => (int[])[.. shorter[..at], count - 1, .. shorter[at..]]));
}
