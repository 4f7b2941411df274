using System.Net;
using System.Text.Json;
using BillingMonolith.Journeys.Crashes;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox;

namespace BillingMonolith.Journeys.Orders;

/// <summary>A paid session that sells work or a cart becomes one order, with what was sold and where it goes.</summary>
public sealed class PlacedTests(Cluster cluster)
{
    [Fact]
    public async Task Work_that_is_paid_is_an_order_a_second_one_is_a_second_order_and_money_on_its_way_is_none_yet()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: Ordering.Telling);
        await journey.SubscribeAsync();
        var stripe = journey.World.Stripe;
        var (first, second) = (journey.OrderDfy(Journey.Ada), journey.OrderDfy(Journey.Ada, "starter", "monthly"));
        var (free, arrives, returned, expired) =
            (stripe.OpenDfySession(Journey.Grace, "starter"), stripe.OpenDfySession(Journey.Ada, "starter"), stripe.OpenDfySession(Journey.Ada, "starter"), stripe.OpenDfySession(null, "starter"));
        stripe.PayWithFullCoupon(free, Ordering.Buyer(Journey.Grace));
        stripe.PayLater(arrives);
        stripe.PayLater(returned);
        stripe.Expire(expired);
        await journey.SettleAsync();

        (await journey.OrderAsync(first)).ShouldBe("dfy NEW PROFESSIONAL 24900 usd refunded 0 dispute none");
        (await journey.OrderAsync(second)).ShouldBe("dfy NEW STARTER_MONTHLY 9900 usd refunded 0 dispute none", "a customer's second order");
        (await journey.OrderAsync(free)).ShouldBe("dfy NEW STARTER 0 usd refunded 0 dispute none");
        (await journey.CountAsync("orders WHERE stripe_payment_intent_id IS NULL")).ShouldBe(1, "nothing had to be paid");
        (await journey.OrderAsync(arrives), await journey.OrderAsync(returned)).ShouldBe(("", ""), "unpaid is no order");
        (await journey.RowsAsync<string>("SELECT concat_ws(' ', user_id, customer_email, customer_name, revisions_left, checklist_status, cart_id, shipping) FROM orders WHERE stripe_session_id = @first", new { first }))
            .ShouldBe([$"{Journey.Ada.Id} {Journey.Ada.Email} {Journey.Ada.Name} 1 PENDING"]);

        stripe.Settle(arrives, ok: true);
        stripe.Settle(returned, ok: false);
        await journey.SettleAsync();
        (await journey.OrderAsync(arrives)).ShouldStartWith("dfy NEW");
        foreach (var (session, type) in (IEnumerable<(string, string)>)[(returned, "checkout.session.async_payment_failed"), (expired, "checkout.session.expired")])
            ((await journey.OrderAsync(session)), await journey.StateAsync(journey.EventOf(type, session))).ShouldBe(("", "ignored"));

        (await journey.RowsAsync<string>("SELECT order_identifier FROM orders")).ShouldAllBe(n => Ordering.Number().IsMatch(n));
        (await journey.AuditedAsync("order.created")).ShouldBe(4);
        journey.Told().ShouldBe(["order.created 4"]);
        journey.World.Mail.Messages.Select(m => m.Subject).ShouldBe(await journey.RowsAsync<string>("SELECT 'Your order ' || order_identifier FROM orders"), ignoreOrder: true);
        (await journey.CountAsync("credit_lots"), journey.World.Lago.Customers.Count).ShouldBe((0, 0));
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_cart_has_all_its_items_and_its_address_from_Stripe_also_by_an_endpoint_of_an_older_version()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var stripe = journey.World.Stripe;
        stripe.DeliveryFaults.Drop = true;
        (string, long, int)[] goods = [.. Enumerable.Range(1, 25).Select(i => ($"Thing {i}", 100L * i, i))]; // more than one page of items
        foreach (var version in StripeRendering.Versions)
        {
            var session = stripe.OpenCartSession(Journey.Ada, "cart_1", goods);
            stripe.Pay(session, new StripeBuyer(Journey.Ada.Email, Journey.Ada.Name, new() { ["line1"] = "12 St James's Square", ["city"] = "London", ["country"] = "GB" }));
            var completed = stripe.Events.Single(e => e.Type == Buying.Completed && e.ObjectId == session);
            await journey.SendAsync(completed.Bytes(version));
            await journey.SettleAsync();

            var (items, shipping, cart) = (await journey.RowsAsync<(string, string, string)>(
                "SELECT items::text, shipping::text, cart_id FROM orders WHERE stripe_session_id = @session", new { session })).Single();
            JsonElement.Parse(items).EnumerateArray().Select(i => (i.GetProperty("Description").GetString(), i.GetProperty("Quantity").GetInt32(), i.GetProperty("AmountTotalMinor").GetInt64()))
                .ShouldBe(goods.Select(g => ((string?)g.Item1, g.Item3, g.Item2 * g.Item3)));
            JsonElement.Parse(shipping).GetProperty("Line1").GetString().ShouldBe("12 St James's Square");
            (JsonElement.Parse(shipping).GetProperty("Name").GetString(), cart).ShouldBe((Journey.Ada.Name, "cart_1"));
        }

        var bought = StripeRendering.Versions.Length;
        (await journey.CountAsync("orders")).ShouldBe(bought, "one cart that is bought several times is several orders");
        stripe.Journal.Count(j => j.Path.Contains("/line_items?", StringComparison.Ordinal)).ShouldBe(bought, "what did not fit into the first answer");
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_session_that_is_gone_at_Stripe_is_placed_from_its_event_and_with_Stripe_down_work_is_and_a_cart_waits()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var stripe = journey.World.Stripe;
        stripe.DeliveryFaults.Drop = true;
        var gone = journey.OrderCart(Journey.Ada);
        stripe.Add(new Fault(r => r.Path.Value!.Contains(gone, StringComparison.Ordinal), int.MaxValue)
        {
            Status = 404, Body = """{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No such checkout.session"}}""",
        });
        await journey.SendAsync(stripe.Events.Single(e => e.Type == Buying.Completed && e.ObjectId == gone).Bytes(StripeRendering.Legacy));
        await journey.SettleAsync();
        (await journey.RowsAsync<string>("SELECT concat_ws(' ', items, shipping->>'Line1') FROM orders")).ShouldBe(["[] 1 Sandbox Way"], "the older version has the address elsewhere");

        var (work, cart) = (journey.OrderDfy(Journey.Ada), journey.OrderCart(null));
        stripe.GoDown();
        foreach (var session in (string[])[work, cart]) await journey.SendAsync(stripe.Events.Single(e => e.Type == Buying.Completed && e.ObjectId == session).Bytes());
        await Journey.UntilAsync(async () => await journey.OrderAsync(work) != "" && await journey.CountAsync("inbox_steps WHERE attempts > 4") > 0, "work is placed from its event");
        (await journey.OrderAsync(cart)).ShouldBe("", "nobody can send what he does not know");
        stripe.Heal();
        await journey.SettleAsync();
        (await journey.OrderAsync(cart)).ShouldBe("cart NEW 6300 usd refunded 0 dispute none");
        await Oracles.HoldAsync(journey);
    }

    /// <summary>The original incident: the connection was dropped at COMMIT, and the order was lost.</summary>
    [Fact]
    public async Task An_order_whose_commit_was_cut_comes_about_once_and_is_told_once()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0, Ordering.Telling);
        await using var relay = PostgresRelay.Start(journey.World.ConnectionString);
        await journey.World.StartHostAsync(new Dictionary<string, string?> { ["DATABASE_URL"] = relay.ConnectionString(journey.World.ConnectionString) });
        await journey.SubscribeAsync();
        journey.World.Stripe.DeliveryFaults.Drop = true;
        foreach (var applied in (bool[])[true, false])
        {
            var session = journey.OrderDfy(Journey.Ada);
            var body = journey.World.Stripe.Events.Single(e => e.Type == Buying.Completed && e.ObjectId == session).Bytes();
            var cut = relay.CutAtCommit(applied, bytes => Crowd.Holds(bytes, session) && Crowd.Holds(bytes, "order.created"));
            (await journey.SendAsync(body)).Status.ShouldBe(HttpStatusCode.OK);
            await cut.WaitAsync(TimeSpan.FromSeconds(20));
            await journey.SettleAsync();
            (await journey.OrderAsync(session)).ShouldStartWith("dfy NEW");
        }

        (await journey.CountAsync("orders"), journey.Confirmations()).ShouldBe((2, 2));
        journey.Told().ShouldBe(["order.created 2"]);
        await Oracles.HoldAsync(journey);
    }
}
