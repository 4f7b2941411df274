using System.Collections.Concurrent;
using BillingMonolith.Credits;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Crashes;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.SharedKernel;
using Microsoft.AspNetCore.Builder;

namespace BillingMonolith.Journeys.Purchases;

/// <summary>Stripe may say it as often as it likes, in other words too: what was bought is given once.</summary>
public sealed class OnceTests(Cluster cluster)
{
    [Fact]
    public async Task The_same_events_a_hundred_times_at_once_over_two_hosts_have_one_effect_each()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2);
        journey.World.Stripe.DeliveryFaults.Drop = true;
        var pack = journey.EventOf(Buying.Completed, journey.BuyPack(Journey.Ada, "starter"));
        journey.BuyPlan(Journey.Grace, "professional");
        var plan = journey.World.Stripe.Events.Single(e => e.Type == Buying.Completed && e.Id != pack).Id;

        foreach (var id in (string[])[pack, plan])
        {
            var body = journey.World.Stripe.Events.Single(e => e.Id == id).Bytes();
            var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => journey.SendAsync(body, host: journey.World.Hosts[i % 2].Url)));
            answers.Count(a => a.Body.Contains("\"success\"", StringComparison.Ordinal)).ShouldBe(1);
            answers.Count(a => a.Body.Contains("\"already_processed\"", StringComparison.Ordinal)).ShouldBe(99);
        }

        await journey.SettleAsync();
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(1000);
        (await journey.BalanceAsync(Journey.Grace.Id)).ShouldBe(60);
        journey.World.Lago.Subscriptions(Journey.Grace.Id).Count.ShouldBe(1);
        (await journey.RowsAsync<string>("SELECT action FROM audit_logs ORDER BY action"))
            .ShouldBe(["credit.allocate", "credit.allocate", "subscription.created", "tier.changed"]);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_hundred_sessions_delivered_a_hundred_times_each_at_once_over_two_hosts_are_a_hundred_grants()
    {
        const int sessions = 100, repeats = 90, others = 10;
        await using var journey = await Journey.StartAsync(cluster, hosts: 2);
        var bought = Enumerable.Range(0, sessions).Select(i => Crowd.Pack(journey.World, i % 2 == 0 ? Journey.Ada : Journey.Grace)).ToList();
        // Nine of ten deliveries are the event again, the tenth is another event that tells the same.
        var deliveries = bought.SelectMany(b => Enumerable.Repeat(b.Body, repeats)
            .Concat(Enumerable.Range(0, others).Select(n => journey.Changed(b.EventId, e => e["id"] = $"{b.EventId}_{n}")))).ToArray();
        new Random(1).Shuffle(deliveries);
        var words = new ConcurrentDictionary<string, int>();
        await Parallel.ForAsync(0, deliveries.Length, new ParallelOptions { MaxDegreeOfParallelism = 100 }, async (i, _) =>
            words.AddOrUpdate((await Crowd.PostAsync(journey, deliveries[i], journey.World.Hosts[i % 2].Url)).Word!, 1, (_, n) => n + 1));
        await journey.SettleAsync(TimeSpan.FromMinutes(2));

        words["success"].ShouldBe(sessions * (1 + others), "each event is stored once");
        words["already_processed"].ShouldBe(sessions * (repeats - 1));
        (await journey.CountAsync("credit_entries")).ShouldBe(sessions);
        (await journey.CountAsync("credit_purchases WHERE status = 'completed'")).ShouldBe(sessions);
        (await journey.BalanceAsync(Journey.Ada.Id) + await journey.BalanceAsync(Journey.Grace.Id)).ShouldBe(sessions * Crowd.PackCredits);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task Two_events_of_one_payment_at_the_very_same_moment_are_one_purchase_and_neither_fails()
    {
        await using var hosts = await TwoHosts.CreateAsync(cluster);
        await SlowIndex.WidenAsync(hosts.Journey, "credit_purchases", "stripe_checkout_session_id");
        var paid = new SettlePurchase("evt_1", "cs_1", Payment.Paid)
        {
            UserId = Journey.Ada.Id, PackageCode = "starter", AmountSubtotalMinor = 1000, AmountTotalMinor = 1000, Currency = "usd", PaymentIntentId = "pi_1",
        };
        var outcomes = await Task.WhenAll(((WebApplication[])[hosts.First, hosts.Second]).Select(h => TwoHosts.SendAsync(h, new StepSet<SettlePurchase>([paid]))));
        outcomes.SelectMany(o => o).ShouldBe([Outcome.Done, Outcome.Done]);
        (await hosts.Journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(1000);
    }

    [Fact]
    public async Task One_session_is_granted_once_whichever_of_its_events_comes_first_and_how_often()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var stripe = journey.World.Stripe;
        stripe.DeliveryFaults.Drop = true;
        List<string> sessions = [];
        foreach (var order in (int[][])[[0, 1], [1, 0]])
        {
            var session = stripe.OpenPackSession(Journey.Ada, "starter");
            stripe.PayLater(session);
            stripe.Settle(session, ok: true);
            string[] events = [journey.EventOf(Buying.Completed, session), journey.EventOf("checkout.session.async_payment_succeeded", session)];
            foreach (var index in order)
            {
                await stripe.DeliverAsync(events[index]);
                await journey.SettleAsync();
            }

            sessions.Add(session);
        }

        var paid = journey.BuyPack(Journey.Ada, "starter");
        var first = journey.EventOf(Buying.Completed, paid);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => journey.SendAsync(journey.Changed(first, e => e["id"] = $"evt_again_{i}"))));
        await journey.SettleAsync();

        foreach (var session in sessions.Append(paid)) (await journey.PurchaseStatusAsync(session)).ShouldBe("completed");
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(3 * 1000, "three sessions");
        (await journey.AuditedAsync("credit.allocate")).ShouldBe(3);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task Deliveries_that_are_repeated_and_overtake_one_another_change_nothing()
    {
        await using var journey = await Journey.StartAsync(cluster);
        (journey.World.Stripe.DeliveryFaults.Repeat, journey.World.Stripe.DeliveryFaults.Shuffle) = (3, true);
        journey.BuyPack(Journey.Ada, "starter");
        journey.BuyPlan(Journey.Ada, "professional");
        await journey.SettleAsync();

        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(1060);
        journey.TierOf(Journey.Ada.Id).ShouldBe("professional");
        await Oracles.HoldAsync(journey);
    }
}
