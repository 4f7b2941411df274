using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.MoneyBack;
using BillingMonolith.Journeys.Purchases;

namespace BillingMonolith.Journeys.Orders;

/// <summary>What comes back of an order's money marks the order, in whatever order it is told, before the order is known too.</summary>
public sealed class MoneyTests(Cluster cluster)
{
    [Fact]
    public async Task All_orders_of_an_order_its_refund_and_its_dispute_end_in_one_state()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2, Ordering.Telling);
        await journey.SubscribeAsync();
        var stripe = journey.World.Stripe;
        stripe.DeliveryFaults.Drop = true;
        var lives = new List<(string Session, byte[][] Events, string Expected)>();
        foreach (var order in Permutations(4))
        {
            var session = journey.OrderDfy(Journey.Ada, "starter");
            stripe.Refund(session, 400);
            List<byte[]> events =
            [
                stripe.Events.Single(e => e.Type == Buying.Completed && e.ObjectId == session).Bytes(), stripe.Events.Last(e => e.Type == Returning.RefundCreated).Bytes(),
                journey.Dispute(session, Returning.DisputeCreated, "needs_response", 9900), journey.Dispute(session, Returning.DisputeClosed, "won", 9900, lives.Count % 2),
            ];
            lives.Add((session, [.. order.Select(i => events[i])], "dfy NEW STARTER 9900 usd refunded 400 dispute won"));
        }

        foreach (var order in Permutations(4))
        {
            var session = journey.OrderDfy(Journey.Ada, "starter");
            var refund = stripe.Refund(session);
            var whole = stripe.Events.Last(e => e.Type == Returning.ChargeRefunded).Bytes(); // a sum: Stripe is asked of which refunds
            var made = stripe.Events.Last(e => e.Type == Returning.RefundCreated).Bytes();
            var fails = lives.Count % 2 == 0;
            if (fails) stripe.FailRefund(refund);
            List<byte[]> events =
            [
                stripe.Events.Single(e => e.Type == Buying.Completed && e.ObjectId == session).Bytes(), made, whole,
                fails ? stripe.Events.Last(e => e.Type == Returning.RefundFailed).Bytes() : made,
            ];
            lives.Add((session, [.. order.Select(i => events[i])], $"dfy {(fails ? "NEW" : "REFUNDED")} STARTER 9900 usd refunded {(fails ? 0 : 9900)} dispute none"));
        }

        for (var round = 0; round < 4; round++)
        {
            await Task.WhenAll(lives.Select((life, i) => journey.SendAsync(life.Events[round], host: journey.World.Hosts[(i + round) % 2].Url)));
            await journey.SettleAsync();
        }

        (await journey.CountAsync("inbox_steps WHERE outcome = 'parked'")).ShouldBe(0);
        foreach (var (session, _, expected) in lives) (await journey.OrderAsync(session)).ShouldBe(expected);
        journey.Confirmations().ShouldBe(lives.Count);
        (await journey.CountAsync("audit_logs WHERE action IN ('order.refunded', 'order.disputed') AND metadata->'before' = metadata->'after'")).ShouldBe(0);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_refund_ends_the_work_a_failed_one_gives_it_back_and_a_pack_is_no_order()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: Ordering.Telling);
        await journey.SubscribeAsync();
        var stripe = journey.World.Stripe;
        var (session, pack) = (journey.OrderDfy(Journey.Ada), journey.BuyPack(Journey.Ada, "starter"));
        await journey.SettleAsync();
        await journey.ExecuteAsync("UPDATE orders SET work_status = 'IN_PROGRESS'");
        var refund = stripe.Refund(session, pending: true);
        stripe.Refund(pack);
        await journey.SettleAsync();
        (await journey.OrderAsync(session)).ShouldBe("dfy REFUNDED PROFESSIONAL 24900 usd refunded 24900 dispute none", "a refund on its way counts");
        stripe.FailRefund(refund);
        await journey.SettleAsync();
        (await journey.OrderAsync(session)).ShouldBe("dfy IN_PROGRESS PROFESSIONAL 24900 usd refunded 0 dispute none", "the work is where it was");
        var dispute = stripe.Dispute(session);
        await journey.SettleAsync();
        (await journey.OrderAsync(session)).ShouldBe("dfy IN_PROGRESS PROFESSIONAL 24900 usd refunded 0 dispute open");
        stripe.CloseDispute(dispute, won: false);
        await journey.SettleAsync();
        (await journey.OrderAsync(session)).ShouldBe("dfy IN_PROGRESS PROFESSIONAL 24900 usd refunded 0 dispute lost");

        (await journey.RowsAsync<string>("SELECT action FROM audit_logs WHERE resource_type = 'order' ORDER BY id")).ShouldBe(["order.created", "order.refunded", "order.refunded", "order.disputed", "order.disputed"]);
        journey.Told().Where(t => t.StartsWith("order.", StringComparison.Ordinal)).ShouldBe(["order.created 1", "order.disputed 2", "order.refunded 2"]);
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(0, "the pack was refunded, by its own step");
        await Oracles.HoldAsync(journey);
    }

    private static IEnumerable<int[]> Permutations(int count) => count == 0
        ? [[]]
        : Permutations(count - 1).SelectMany(shorter => Enumerable.Range(0, count).Select(at => (int[])[.. shorter[..at], count - 1, .. shorter[at..]]));
}
