using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox;
using Dapper;

namespace BillingMonolith.Journeys.MoneyBack;

/// <summary>Money that goes back takes its credits along: as many as it bought, once, whatever became of them meanwhile.</summary>
public sealed class RefundTests(Cluster cluster)
{
    [Fact]
    public async Task One_refund_told_by_three_kinds_of_events_five_times_each_over_two_hosts_counts_once()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2);
        var session = journey.BuyPack(Journey.Ada, "starter");
        await journey.SettleAsync();
        journey.World.Stripe.DeliveryFaults.Drop = true;
        var refund = journey.World.Stripe.Refund(session, 400);

        string[] kinds = [Returning.RefundCreated, Returning.ChargeRefunded, Returning.RefundUpdated];
        var bodies = kinds.SelectMany(kind => Enumerable.Range(0, 5).Select(i => journey.Changed(journey.Last(kind), e => e["id"] = $"evt_{kind}_{i}"))).ToArray();
        new Random(4).Shuffle(bodies);
        await Task.WhenAll(bodies.Select((body, i) => journey.SendAsync(body, host: journey.World.Hosts[i % 2].Url)));
        await journey.SettleAsync();

        (await journey.StandingAsync(session)).ShouldBe("600 credits, 0 owed; completed, 400 refunded, 0 disputed, 400 taken back");
        (await journey.EntriesAsync()).ShouldBe(["grant 1000 0", "clawback -400 0"]);
        (await journey.RowsAsync<string>("SELECT concat_ws(' ', user_id, resource_id, metadata->>'refund', metadata->>'credits', metadata->>'owed', metadata->>'amount_minor', "
            + "metadata->>'currency') FROM audit_logs WHERE action = 'credit.refund'")).ShouldBe([$"{Journey.Ada.Id} {session} {refund} 400 0 400 usd"]);
        (await journey.CountAsync("inbox_steps WHERE outcome = 'parked'")).ShouldBe(0);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task Refunds_add_up_to_the_whole_and_one_that_fails_is_given_back_once()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var stripe = journey.World.Stripe;
        var session = journey.BuyPack(Journey.Ada, "standard"); // 5000 credits for 4500
        await journey.SettleAsync();
        List<string> refunds = [];
        foreach (var (amount, standing) in ((long, string)[])
                 [(1350, "3500 credits, 0 owed; completed, 1350 refunded, 0 disputed, 1500 taken back"), (1351, "1999 credits, 0 owed; completed, 2701 refunded, 0 disputed, 3001 taken back"),
                     (1799, "0 credits, 0 owed; refunded, 4500 refunded, 0 disputed, 5000 taken back")])
        {
            refunds.Add(stripe.Refund(session, amount));
            await journey.SettleAsync();
            (await journey.StandingAsync(session)).ShouldBe(standing);
        }

        stripe.FailRefund(refunds[1]);
        await journey.SettleAsync();
        await journey.TellAsync(journey.Changed(journey.Last(Returning.RefundFailed), e => e["id"] = "evt_again"));
        await journey.TellAsync(journey.Changed(journey.Last(Returning.RefundCreated), e => e["id"] = "evt_late"));
        (await journey.StandingAsync(session)).ShouldBe("1502 credits, 0 owed; completed, 3149 refunded, 0 disputed, 3498 taken back");
        (await journey.AuditedAsync("credit.restore")).ShouldBe(1);
        (await journey.CountAsync("inbox_steps WHERE outcome = 'parked'")).ShouldBe(0, "what is said late of a failed refund is old");
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task What_was_spent_is_owed_and_the_next_credits_repay_it_and_a_failed_refund_gives_them_back()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var stripe = journey.World.Stripe;
        var spent = journey.BuyPack(Journey.Ada, "starter");
        await journey.SettleAsync();
        (await journey.SpendAsync(Journey.Ada, 900)).ShouldBeTrue();
        var refund = stripe.Refund(spent);
        await journey.SettleAsync();
        (await journey.StandingAsync(spent)).ShouldBe("0 credits, 900 owed; refunded, 1000 refunded, 0 disputed, 1000 taken back");

        var next = journey.BuyPack(Journey.Ada, "starter");
        await journey.SettleAsync();
        (await journey.StandingAsync(next)).ShouldBe("100 credits, 0 owed; completed, 0 refunded, 0 disputed, 0 taken back");

        stripe.FailRefund(refund);
        await journey.SettleAsync();
        (await journey.StandingAsync(spent)).ShouldBe("1100 credits, 0 owed; completed, 0 refunded, 0 disputed, 0 taken back");
        (await journey.EntriesAsync()).ShouldBe(
            ["grant 1000 0", "consume -900 0", "clawback -100 900", "grant 1000 0", "repay -900 -900", "restore 1000 0"]);

        var rich = stripe.Refund(next);
        await journey.SettleAsync();
        (await journey.StandingAsync(next)).ShouldBe("100 credits, 0 owed; refunded, 1000 refunded, 0 disputed, 1000 taken back", "the rest was free and repaid it");
        stripe.FailRefund(rich);
        await journey.SettleAsync();
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(1100);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_charge_s_refunds_are_asked_for_until_Stripe_answers()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var session = journey.BuyPack(Journey.Ada, "starter");
        await journey.SettleAsync();
        journey.World.Stripe.DeliveryFaults.Drop = true;
        foreach (var _ in Enumerable.Range(0, 3)) journey.World.Stripe.Refund(session, 100);
        journey.World.Stripe.Add(new Fault(r => r.Path.StartsWithSegments("/v1/refunds", StringComparison.Ordinal), 12) { Status = 503 });
        await journey.World.Stripe.DeliverAsync(journey.Last(Returning.ChargeRefunded));
        await journey.SettleAsync();

        (await journey.StandingAsync(session)).ShouldBe("700 credits, 0 owed; completed, 300 refunded, 0 disputed, 300 taken back");
        (await journey.ScalarAsync<int>("SELECT attempts FROM inbox_steps WHERE command = 'credits.record-refunds'")).ShouldBeGreaterThan(1);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task What_no_pack_was_bought_with_is_kept_and_what_makes_no_sense_waits_for_a_person()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new() { ["Stripe__Suite"] = "aurora" });
        var stripe = journey.World.Stripe;
        var session = journey.BuyPack(Journey.Ada, "starter");
        await journey.SettleAsync();
        stripe.DeliveryFaults.Drop = true;
        stripe.Refund(session);
        var created = journey.Last(Returning.RefundCreated);
        byte[] Refund(string id, string member, System.Text.Json.Nodes.JsonNode value) => journey.Changed(created, e =>
        {
            (e["id"], e["data"]!["object"]!["id"]) = ($"evt_{id}", $"re_{id}");
            e["data"]!["object"]![member] = value;
        });

        await journey.TellAsync(Refund("strange", "payment_intent", "pi_of_a_plan"));
        await journey.TellAsync(Refund("foreign", "currency", "eur"));
        await journey.TellAsync(Refund("nothing", "amount", 0));
        await journey.TellAsync(Refund("negative", "amount", -1));
        await journey.TellAsync(Refund("other", "metadata", new System.Text.Json.Nodes.JsonObject { ["suite"] = "borealis" }));

        (await journey.RowsAsync<string>("SELECT concat_ws(' ', event_id, command, outcome, last_error) FROM inbox_steps WHERE event_id ~ '^evt_(s|f|n|o)[a-z]+$' "
            + "AND (command = 'credits.record-refunds' OR event_id = 'evt_other') ORDER BY 1")).ShouldBe(
        [
            $"evt_foreign credits.record-refunds parked re_foreign is in eur, but purchase {session} was paid in usd. No credits were taken back for it. "
                + "Look at the payment in Stripe's dashboard and adjust the credits by hand.",
            "evt_negative credits.record-refunds parked A refund of nothing, or of less. Look at it in Stripe's dashboard.",
            "evt_nothing credits.record-refunds parked A refund of nothing, or of less. Look at it in Stripe's dashboard.",
            "evt_other route ignored It belongs to suite 'borealis', not to 'aurora'.",
            "evt_strange credits.record-refunds ignored So far no credit pack was bought with pi_of_a_plan; kept in case its purchase comes later.",
        ]);
        (await journey.RowsAsync<string>("SELECT refund_id FROM credit_refunds ORDER BY 1")).ShouldBe(["re_foreign", "re_strange"]);
        (await journey.StandingAsync(session)).ShouldBe("1000 credits, 0 owed; completed, 0 refunded, 0 disputed, 0 taken back");
        await Oracles.HoldAsync(journey);
    }

    /// <summary>The grant is made and not yet committed, and the refund cannot see it; nor could the grant see the refund any more.</summary>
    [Fact]
    public async Task A_refund_waits_for_the_grant_that_is_being_committed()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2);
        journey.World.Stripe.DeliveryFaults.Drop = true;
        var session = journey.BuyPack(Journey.Ada, "starter");
        journey.World.Stripe.Refund(session);
        await using (var connection = await journey.Db.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await connection.ExecuteAsync("LOCK TABLE audit_logs IN EXCLUSIVE MODE"); // audit entries are written just before the commit
            await journey.World.Stripe.DeliverAsync(journey.EventOf(Buying.Completed, session));
            await Journey.UntilAsync(async () => await journey.CountAsync("pg_locks WHERE NOT granted AND relation = 'audit_logs'::regclass") > 0, "the grant is made");
            await journey.World.Stripe.DeliverAsync(journey.Last(Returning.RefundCreated));
            await Journey.UntilAsync(async () => await journey.CountAsync("inbox_steps WHERE command = 'credits.record-refunds' AND outcome IS NOT NULL") > 0
                || await journey.CountAsync("pg_locks JOIN pg_database d ON d.oid = database WHERE NOT granted AND locktype = 'advisory' AND datname = current_database()") > 0,
                "the refund waits, or is done with");
        }

        await journey.SettleAsync();
        (await journey.StandingAsync(session)).ShouldBe("0 credits, 0 owed; refunded, 1000 refunded, 0 disputed, 1000 taken back");
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task Grants_and_refunds_that_meet_on_two_hosts_do_not_overlook_each_other()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2, settings: new() { ["Inbox__Batch"] = "5" });
        var stripe = journey.World.Stripe;
        stripe.DeliveryFaults.Drop = true;
        var sessions = Enumerable.Range(0, 120).Select(i => journey.BuyPack(i % 2 == 0 ? Journey.Ada : Journey.Grace, "starter")).ToList();
        foreach (var session in sessions) stripe.Refund(session, 600);
        foreach (var session in sessions) stripe.Refund(session);

        var hosts = journey.World.Hosts.Select(h => h.Url).ToArray();
        var events = stripe.Events.Where(e => e.Type is Buying.Completed or Returning.RefundCreated).ToList();
        await Task.WhenAll(events.Select(e => journey.SendAsync(e.Bytes(), host: hosts[e.Type == Buying.Completed ? 0 : 1])));
        await journey.SettleAsync();

        (await journey.CountAsync("credit_purchases WHERE status = 'refunded' AND clawed_credits = credits")).ShouldBe(sessions.Count);
        (await journey.BalanceAsync(Journey.Ada.Id), await journey.BalanceAsync(Journey.Grace.Id)).ShouldBe((0, 0));
        (await journey.CountAsync("inbox_steps WHERE outcome = 'parked'")).ShouldBe(0);
        await Oracles.HoldAsync(journey);
    }
}
