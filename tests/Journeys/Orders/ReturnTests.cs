using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Orders;

/// <summary>The buyer comes back from Stripe: the order is placed by the webhook or by the return, whichever comes first, and shown to nobody else.</summary>
public sealed class ReturnTests(Cluster cluster)
{
    [Fact]
    public async Task The_return_places_what_is_paid_and_shows_it_to_whose_it_is_and_to_nobody_else()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: Shopping.Unlimited);
        var (host, stripe) = (journey.World.Host, journey.World.Stripe);
        var (ada, grace) = (journey.TokenOf(DemoUsers.Buyer), journey.TokenOf(DemoUsers.Grace));
        stripe.DeliveryFaults.Drop = true;
        var session = stripe.OpenDfySession(Journey.Ada, "professional");
        (await host.ReturnAsync(session, ada)).Body.ShouldBe("""{"order_identifier":null,"status":"PENDING"}""");
        (await journey.CountAsync("orders")).ShouldBe(0, "a browser's word is no payment");
        stripe.Pay(session, Ordering.Buyer(Journey.Ada));

        foreach (var who in (string?[])[grace, null, journey.World.Keycloak.ServiceTokenFor("crm")]) (await host.ReturnAsync(session, who)).Error().ShouldBe("order-not-found");
        (await journey.CountAsync("orders")).ShouldBe(0);
        var placed = await host.ReturnAsync(session, ada);
        var number = await journey.NumberAsync(session);
        placed.Body.ShouldBe($$"""{"order_identifier":"{{number}}","status":"NEW"}""");
        placed.Headers["Cache-Control"].ShouldBe("no-store");
        foreach (var who in (string?[])[grace, null]) (await host.ReturnAsync(session, who)).Error().ShouldBe("order-not-found", "also when it is known");

        var asked = stripe.Journal.Count;
        (await host.ReturnAsync(session, ada)).Body.ShouldBe(placed.Body);
        foreach (var none in (string[])["", "cs_", "cs_test_a/../../customers", "../customers/cus_1", "pi_1", new('c', 300)]) (await host.ReturnAsync(none, ada)).Error().ShouldBe("order-not-found", none);
        stripe.Journal.Count.ShouldBe(asked, "Stripe is not asked for what is known, nor for what is no session");

        // What Stripe does not know, what is no order's and what is another's is all the same to who asks.
        var pack = journey.BuyPack(Journey.Ada, "starter");
        var answers = new List<string?>();
        foreach (var other in (string[])["cs_test_unknown", pack, session]) answers.Add((await host.ReturnAsync(other, grace)).Json.GetProperty("detail").GetString());
        answers.Distinct().Count().ShouldBe(1);

        var guest = journey.OrderCart(null);
        (await host.ReturnAsync(guest)).Body.ShouldBe($$"""{"order_identifier":"{{await journey.NumberAsync(guest)}}","status":"NEW"}""", "a guest's is whose who knows the session");
        var page = await host.ShowAsync(guest);
        (page.Status, page.Body.Contains(await journey.NumberAsync(guest), StringComparison.Ordinal), page.Body.Contains("Sandbox Way", StringComparison.Ordinal)).ShouldBe((200, true, false));
        var nobody = await host.ShowAsync(session);
        (nobody.Status, nobody.Body.Contains(number, StringComparison.Ordinal), nobody.Body.Contains("Sign in", StringComparison.Ordinal)).ShouldBe((404, false, true));

        var (later, expired) = (stripe.OpenCartSession(null), stripe.OpenCartSession(null));
        stripe.PayLater(later);
        stripe.Expire(expired);
        (await host.ReturnAsync(later)).Body.ShouldBe("""{"order_identifier":null,"status":"PENDING"}""");
        (await host.ShowAsync(later)).Body.ShouldContain("http-equiv=\"refresh\"");
        (await host.ReturnAsync(expired)).Body.ShouldBe("""{"order_identifier":null,"status":"EXPIRED"}""");
        (await journey.RowsAsync<string>("SELECT concat_ws(' ', user_id, username) FROM audit_logs WHERE action = 'order.created' ORDER BY id")).ShouldBe([$"{Journey.Ada.Id} buyer", ""]);
        stripe.GoDown();
        (await host.ReturnAsync(later)).Error().ShouldBe("unavailable");
        (await host.ReturnAsync(session, ada)).Body.ShouldBe(placed.Body, "what is known needs no Stripe");
        stripe.Heal();
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task Another_suite_s_orders_are_not_ours_and_guesses_are_limited()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new() { ["Stripe__Suite"] = "aurora", ["Limits__ApiPerMinute"] = "20" });
        var (host, stripe) = (journey.World.Host, journey.World.Stripe);
        stripe.DeliveryFaults.Drop = true;
        var other = stripe.Open("mode=payment&line_items[0][quantity]=1&line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]=100"
            + "&line_items[0][price_data][product_data][name]=X&success_url=https://shop.example/&metadata[mode]=dfy&metadata[suite]=borealis");
        stripe.Pay(other);
        (await host.ReturnAsync(other)).Error().ShouldBe("order-not-found");
        var known = journey.OrderDfy(null);
        (await host.ReturnAsync(known)).Status.ShouldBe(200);

        var answers = new List<int>();
        for (var i = 0; i < 42; i++) answers.Add((await host.ReturnAsync($"cs_test_guess{i}")).Status); // in two minutes at most
        answers.Distinct().Order().ShouldBe([404, 429]);
        (await host.ReturnAsync(known)).Status.ShouldBe(200, "what is known costs no question");
    }

    [Fact]
    public async Task Who_comes_back_twice_at_the_very_same_moment_sees_one_order_twice()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2);
        await SlowIndex.WidenAsync(journey, "orders", "stripe_session_id");
        journey.World.Stripe.DeliveryFaults.Drop = true;
        var (session, ada) = (journey.OrderCart(Journey.Ada), journey.TokenOf(DemoUsers.Buyer));
        var seen = await Task.WhenAll(journey.World.Hosts.Select(h => h.ReturnAsync(session, ada)));
        seen.Select(p => $"{p.Status} {p.Body}").Distinct().ShouldHaveSingleItem("both see the same order").ShouldStartWith("200 ");
        (await journey.CountAsync("orders")).ShouldBe(1);
    }

    [Fact]
    public async Task Webhook_and_return_at_once_on_two_hosts_are_one_order_one_mail_and_one_event_each_time()
    {
        const int orders = 50;
        await using var journey = await Journey.StartAsync(cluster, hosts: 2, Ordering.Telling);
        await journey.SubscribeAsync();
        var (hosts, stripe, ada) = (journey.World.Hosts, journey.World.Stripe, journey.TokenOf(DemoUsers.Buyer));
        stripe.DeliveryFaults.Drop = true;
        await Parallel.ForAsync(0, orders, new ParallelOptions { MaxDegreeOfParallelism = 5 }, async (round, _) =>
        {
            var session = round % 2 == 0 ? journey.OrderDfy(Journey.Ada) : journey.OrderCart(Journey.Ada);
            var completed = journey.EventOf(Buying.Completed, session);
            var returns = Task.WhenAll(hosts[0].ReturnAsync(session, ada), hosts[1].ReturnAsync(session, ada));
            await Task.WhenAll(returns, TellAsync(0, completed), TellAsync(1, $"{completed}_again"));
            (await returns).Select(p => $"{p.Status} {p.Body}").Distinct().ShouldHaveSingleItem("both see the same order");

            Task TellAsync(int host, string id) => journey.SendAsync(journey.Changed(completed, e => e["id"] = id), host: hosts[host].Url);
        });
        await journey.SettleAsync();

        (await journey.CountAsync("orders"), await journey.AuditedAsync("order.created"), journey.Confirmations()).ShouldBe((orders, orders, orders));
        journey.Told().ShouldBe([$"order.created {orders}"]);
        (await journey.CountAsync("inbox_steps WHERE outcome = 'parked'")).ShouldBe(0);
        await Oracles.HoldAsync(journey);
    }
}
