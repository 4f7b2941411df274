using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Purchases;

/// <summary>The buyer comes back: the purchase is completed at once, by the webhook or by the return, whichever comes first.</summary>
public sealed class CompletionTests(Cluster cluster)
{
    [Fact]
    public async Task The_return_completes_what_is_paid_without_the_webhook_and_nobody_else_s()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var (host, stripe, ada) = (journey.World.Host, journey.World.Stripe, journey.TokenOf(DemoUsers.Buyer));
        stripe.DeliveryFaults.Drop = true;
        var opened = (await host.BuyAsync(ada)).Opened();
        (await host.CompleteAsync(ada, opened.SessionId)).Body.ShouldBe($$"""{"purchase_id":"{{opened.PurchaseId}}","status":"pending","credits":1000,"balance":0}""");
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(0, "a browser's word is no payment");

        stripe.Pay(opened.SessionId);
        var asked = stripe.Journal.Count;
        foreach (var (session, who) in new (string, string)[] { (opened.SessionId, journey.TokenOf(DemoUsers.Grace)), ("cs_test_other", ada), ("../customers", ada) })
            (await host.CompleteAsync(who, session)).Error().ShouldBe("purchase-not-found");
        stripe.Journal.Count.ShouldBe(asked, "Stripe is not asked for strangers");

        (await host.CompleteAsync(ada, opened.SessionId)).Body.ShouldBe($$"""{"purchase_id":"{{opened.PurchaseId}}","status":"completed","credits":1000,"balance":1000}""");
        var completed = stripe.Journal.Count;
        (await host.CompleteAsync(ada, opened.SessionId)).Status.ShouldBe(200);
        stripe.Journal.Count.ShouldBe(completed, "and not for what is known");
        (await journey.RowsAsync<(string, string)>("SELECT username, metadata->>'package' FROM audit_logs WHERE action = 'credit.allocate'")).ShouldBe([("buyer", "starter")]);
        (await journey.RowsAsync<string>("SELECT stripe_payment_id FROM credit_purchases")).ShouldBe([(string)stripe.Read(opened.SessionId)["payment_intent"]!]);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task Money_on_its_way_is_processing_an_expired_session_failed_and_with_Stripe_down_the_answer_is_503()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var (host, stripe, ada) = (journey.World.Host, journey.World.Stripe, journey.TokenOf(DemoUsers.Buyer));
        stripe.DeliveryFaults.Drop = true;
        var (later, expired) = ((await host.BuyAsync(ada)).Opened(), (await host.BuyAsync(ada)).Opened());
        stripe.PayLater(later.SessionId);
        stripe.Expire(expired.SessionId);
        (await StatusAsync(later.SessionId), await StatusAsync(expired.SessionId)).ShouldBe(("processing", "failed"));
        stripe.Settle(later.SessionId, ok: true);
        stripe.GoDown();
        (await host.CompleteAsync(ada, later.SessionId)).Error().ShouldBe("unavailable");
        stripe.Heal();
        (await StatusAsync(later.SessionId)).ShouldBe("completed");
        await Oracles.HoldAsync(journey);

        async Task<string?> StatusAsync(string session) => (await host.CompleteAsync(ada, session)).Json.GetProperty("status").GetString();
    }

    [Fact]
    public async Task Webhook_return_and_replay_at_once_on_two_hosts_are_one_grant_each_time()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2, Shopping.Unlimited);
        var (hosts, stripe, ada) = (journey.World.Hosts, journey.World.Stripe, journey.TokenOf(DemoUsers.Buyer));
        stripe.DeliveryFaults.Drop = true;
        for (var round = 1; round <= 20; round++)
        {
            var opened = (await hosts[round % 2].BuyAsync(ada)).Opened();
            stripe.Pay(opened.SessionId);
            var completed = journey.EventOf(Buying.Completed, opened.SessionId);
            await Task.WhenAll(
                journey.SendAsync(journey.Changed(completed, _ => { }), host: hosts[0].Url), journey.SendAsync(journey.Changed(completed, e => e["id"] = $"{completed}_again"), host: hosts[1].Url),
                hosts[0].CompleteAsync(ada, opened.SessionId), hosts[1].CompleteAsync(ada, opened.SessionId), hosts[1].CompleteAsync(ada, opened.SessionId));
        }

        await journey.SettleAsync();
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(20 * 1000);
        (await journey.CountAsync("credit_lots"), await journey.AuditedAsync("credit.allocate")).ShouldBe((20, 20));
        (await journey.CountAsync("inbox_steps WHERE outcome = 'parked'")).ShouldBe(0);
        await Oracles.HoldAsync(journey);
    }
}
