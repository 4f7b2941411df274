using System.Globalization;
using BillingMonolith.Host.Routing;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Journeys.Subscriptions;
using BillingMonolith.Sandbox;

namespace BillingMonolith.Journeys.Reconcile;

/// <summary>Three days in which nothing reached us, and what is left of them after reconcile.</summary>
public sealed class MissedEventTests(Cluster cluster)
{
    private const int PacksPerDay = 12; // each with its payment: more than a page of Stripe's list

    [Fact]
    public async Task Three_days_without_deliveries_end_as_if_each_had_come()
    {
        await using var undisturbed = await Journey.StartAsync(cluster);
        await LiveAsync(undisturbed, isCutOff: false);
        var expected = await DigestAsync(undisturbed);

        // So little that a page of a hundred events is too large an answer.
        await using var journey = await Journey.StartAsync(cluster, settings: new() { ["Neighbours__MaxAnswerBytes"] = "65536" });
        await LiveAsync(journey, isCutOff: true);
        var stored = (await journey.RowsAsync<string>("SELECT id FROM inbox_events")).ToHashSet(StringComparer.Ordinal);
        var missed = journey.World.Stripe.Events.Where(e => !stored.Contains(e.Id)).ToList();
        missed.Count.ShouldBeGreaterThan(100, "more than a page");
        (await DigestAsync(journey)).ShouldNotBe(expected);

        var (code, text) = await journey.ReconcileAsync("--since", "7d");
        code.ShouldBe(0, text);
        var routed = missed.Where(e => Routes.Has(e.Type)).Select(e => e.Id).Order(StringComparer.Ordinal).ToList();
        (await journey.RowsAsync<string>("SELECT resource_id FROM audit_logs WHERE action = 'event.ingested' ORDER BY resource_id COLLATE \"C\"")).ShouldBe(routed, "I17: exactly the misses");
        (await journey.RowsAsync<string>("SELECT id FROM inbox_events ORDER BY id COLLATE \"C\"")).ShouldBe(stored.Concat(routed).Order(StringComparer.Ordinal));
        text.ShouldContain(string.Create(CultureInfo.InvariantCulture, $"{routed.Count} were missing and have been taken in"));

        await journey.SettleAsync();
        (await DigestAsync(journey)).ShouldBe(expected, "one digest with the undisturbed life");
        (await journey.CountAsync("inbox_steps WHERE outcome = 'parked'")).ShouldBe(0);
        await Oracles.HoldAsync(journey);

        (code, text) = await journey.ReconcileAsync("--since", "7d", "--apply");
        code.ShouldBe(0, text);
        text.ShouldContain(" 0 were missing");
        text.ShouldContain(" 0 differences");
        (await journey.FindingsAsync()).ShouldBeEmpty();
    }

    // Purchases, subscriptions, changes, refunds, disputes; day by day.
    private static async Task LiveAsync(Journey journey, bool isCutOff)
    {
        var stripe = journey.World.Stripe;
        var ada = journey.BuyPlan(Journey.Ada, "professional");
        await journey.SettleAsync();
        stripe.DeliveryFaults.Drop = isCutOff;
        string? grace = null;
        for (var day = 0; day < 3; day++)
        {
            journey.World.Clock.Advance(TimeSpan.FromDays(1));
            var packs = Enumerable.Range(0, PacksPerDay).Select(_ => journey.BuyPack(Journey.Ada, "starter")).ToList();
            stripe.Refund(packs[0]);
            stripe.Refund(packs[1], amountMinor: 400);
            if (day == 0) grace = journey.BuyPlan(Journey.Grace, "starter");
            if (day == 1) stripe.ChangePlan(ada, "enterprise_monthly");
            if (day == 1) stripe.Dispute(packs[2]);
            if (day == 2) stripe.Cancel(grace!);
            await journey.SettleAsync();
        }

        stripe.DeliveryFaults.Drop = false;
        journey.World.Clock.Advance(TimeSpan.FromMinutes(10)); // what is younger may still be on its way
    }

    private static async Task<string> DigestAsync(Journey journey)
    {
        var text = new List<string>();
        foreach (var user in (ShopUser[])[Journey.Ada, Journey.Grace])
        {
            var subscription = journey.World.Stripe.Events.First(e => e.Type == Buying.Created && (string?)journey.World.Stripe.Read(e.ObjectId!)["metadata"]!["user_id"] == user.Id).ObjectId!;
            text.Add(await journey.CountAsync("billing_subscriptions WHERE subscription_id = @subscription", new { subscription }) == 0
                ? "nothing of it" : await Digest.OfAsync(journey, user, subscription));
        }

        text.AddRange(await journey.RowsAsync<string>("""
            SELECT concat_ws(' ', u, kind, count(*), sum(amount), sum(debt)) FROM credit_entries, LATERAL (SELECT user_id AS u) x GROUP BY u, kind ORDER BY 1
            """));
        text.AddRange(await journey.RowsAsync<string>("""
            SELECT concat_ws(' ', status, count(*), sum(amount_paid_minor), sum(refunded_minor), sum(clawed_credits)) FROM credit_purchases GROUP BY status ORDER BY 1
            """));
        text.AddRange(await journey.RowsAsync<string>("SELECT concat_ws(' ', user_id, balance, debt) FROM credit_accounts ORDER BY 1"));
        return string.Join('\n', text);
    }
}
