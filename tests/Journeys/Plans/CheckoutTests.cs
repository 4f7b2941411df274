using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Plans;

/// <summary>A user subscribes: one subscription of a family, and one page that can be paid.</summary>
public sealed class CheckoutTests(Cluster cluster)
{
    [Fact]
    public async Task A_plan_is_subscribed_to_with_the_contract_s_metadata_and_a_second_one_is_refused_by_its_name()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new(Shopping.Unlimited) { ["Stripe__Suite"] = "our-suite" });
        var (host, stripe, ada, grace) = (journey.World.Host, journey.World.Stripe, journey.TokenOf(DemoUsers.Buyer), journey.TokenOf(DemoUsers.Grace));
        (await host.SubscribeAsync(ada, "professional")).Error().ShouldBe("price-not-set-up");
        await journey.SellPlansAsync();
        foreach (var (body, status, error) in (List<(string, int, string)>)
        [
            ("""{"tier_id":"gold","billing_cycle":"monthly"}""", 400, "unknown-tier"), ("""{"tier_id":"free","billing_cycle":"monthly"}""", 400, "free-tier"),
            ("""{"tier_id":"starter","billing_cycle":"weekly"}""", 400, "invalid-input"), ("""{"tier_id":"trial","billing_cycle":"yearly"}""", 400, "cycle-not-offered"),
            ("""{"tier_id":"founders-friend","billing_cycle":"monthly"}""", 403, "invite-only"),
            ("""{"tier_id":"starter","billing_cycle":"monthly","currency":"eur"}""", 422, "currency-not-offered"),
            ("""{"tier_id":"starter","billing_cycle":"monthly","success_url":"https://evil.example/"}""", 400, "invalid-input"),
        ])
        {
            var refused = await host.PostAsync(Planning.Checkout, body, ada);
            (refused.Status, refused.Error()).ShouldBe((status, error), refused.Body);
        }

        (await host.PostAsync("/api/v1/billing/portal/create", json: null, ada)).Error().ShouldBe("customer-not-found");
        (await host.GetAsync("/api/v1/billing/payment-methods", ada)).Body.ShouldBe("[]");
        (await host.StatusAsync(ada)).Body.ShouldBe("""{"has_subscription":false,"current_tier":"free","status":"none","subscriptions":[]}""");

        var session = (await host.SubscribeAsync(ada, "professional", "yearly", key: "k-1")).Session();
        (await host.SubscribeAsync(ada, "professional", "yearly", key: "k-1")).Session().ShouldBe(session);
        (await host.SubscribeAsync(ada, "professional", "monthly", key: "k-1")).Error().ShouldBe("idempotency-key-reused");
        (await host.SubscribeAsync(ada, "professional", "yearly")).Session().ShouldBe(session, "it is open, and the same");
        var opened = stripe.Read(session);
        ((string?)opened["client_reference_id"], (bool?)opened["allow_promotion_codes"], (string?)opened["mode"]).ShouldBe((Journey.Ada.Id, true, "subscription"));
        string[] notes =
        [
            "billing_cycle=yearly", $"customer_email={Journey.Ada.Email}", "suite=our-suite", "tier_id=professional", "tier_name=Professional",
            $"user_email={Journey.Ada.Email}", $"user_id={Journey.Ada.Id}",
        ];
        opened["metadata"]!.AsObject().Select(m => $"{m.Key}={m.Value}").Order(StringComparer.Ordinal).ShouldBe(notes);

        stripe.Pay(session);
        await journey.SettleAsync();
        var id = stripe.SubscriptionOf(session);
        stripe.Read(id)["metadata"]!.AsObject().Select(m => $"{m.Key}={m.Value}").Order(StringComparer.Ordinal).ShouldBe(notes);
        (await host.LineAsync(ada)).ShouldBe("professional yearly active 490.00");
        foreach (var tier in (string[])["professional", "enterprise"])
        {
            var second = await host.SubscribeAsync(ada, tier);
            (second.Status, second.Error()).ShouldBe((409, "already-subscribed"), second.Body);
            second.Json.Text("detail")!.ShouldStartWith("You have the plan Professional (active).");
        }

        (await host.GetAsync("/api/v1/billing/payment-methods", ada)).Json[0].EnumerateObject().Select(m => m.Name).ShouldBe(["id", "brand", "last4", "exp_month", "exp_year"]);
        var portal = (await host.PostAsync("/api/v1/billing/portal/create", json: null, ada)).Json.Text("portal_url")!;
        using var browser = new Browser();
        (await browser.GetAsync(portal)).Body.ShouldContain("professional_yearly");
        (await host.CancelAsync(grace, id)).Error().ShouldBe("subscription-not-found");
        (await host.ResumeAsync(grace, id)).Status.ShouldBe(404);
        (await host.ChangeAsync(grace, "enterprise")).Error().ShouldBe("subscription-not-found");
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task However_many_ask_at_once_for_whatever_plans_on_two_hosts_one_page_can_be_paid_and_one_subscription_comes_of_it()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2, Shopping.Unlimited);
        await journey.SellPlansAsync();
        var (hosts, stripe, ada) = (journey.World.Hosts, journey.World.Stripe, journey.TokenOf(DemoUsers.Buyer));
        stripe.DeliveryFaults.Drop = true; // nobody tells us what was bought
        string[] tiers = ["starter", "professional", "enterprise"];
        for (var round = 1; round <= 20; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => hosts[i % 2].SubscribeAsync(ada, tiers[(round + i) % (round % 2 + 1)])));
            answers.Select(a => a.Status).Except([200, 409, 503]).ShouldBeEmpty(string.Join(' ', answers.Select(a => a.Body)));
        }

        var last = (await hosts[0].SubscribeAsync(ada, "enterprise")).Session();
        (await journey.AtStripeAsync("checkout/sessions")).Where(s => s.Text("status") == "open").Select(s => s.Text("id")).ShouldBe([last]);
        (await journey.CountAsync("billing_checkouts WHERE state = 'open'")).ShouldBe(1);
        stripe.Pay(last);
        var after = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => hosts[i % 2].SubscribeAsync(ada, tiers[i % 3])));
        after.Select(a => (a.Status, a.Error())).Distinct().ShouldBe([(409, "already-subscribed")], "Stripe knows what no event has told");
        (await journey.AtStripeAsync("subscriptions")).Count.ShouldBe(1);
        (await journey.AtStripeAsync("customers")).Count.ShouldBe(1);
        (await hosts[1].LineAsync(ada)).ShouldBe("enterprise monthly active 99.00", "and then it was carried out");
    }

    [Fact]
    public async Task Another_plan_closes_the_first_page_also_one_that_nobody_wrote_down_and_what_was_paid_meanwhile_counts()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: Shopping.Unlimited);
        await journey.SellPlansAsync();
        var (host, stripe, ada, grace) = (journey.World.Host, journey.World.Stripe, journey.TokenOf(DemoUsers.Buyer), journey.TokenOf(DemoUsers.Grace));
        stripe.DeliveryFaults.Drop = true;
        stripe.Add(Shopping.AtOpening(Shopping.AllTries) with { ResetAfterApplying = true });
        (await host.SubscribeAsync(ada, "starter")).Error().ShouldBe("unavailable");
        (await journey.ScalarAsync<string>("SELECT session_id FROM billing_checkouts")).ShouldBeNull();
        var second = (await host.SubscribeAsync(ada, "professional")).Session();
        var third = (await host.SubscribeAsync(ada, "enterprise")).Session();
        (await journey.AtStripeAsync("checkout/sessions")).Select(s => $"{s.GetProperty("metadata").Text("tier_id")} {s.Text("status")}")
            .ShouldBe(["enterprise open", "professional expired", "starter expired"]);
        (await journey.RowsAsync<string>("SELECT concat_ws(' ', tier_id, state, session_id IN (@second, @third)) FROM billing_checkouts ORDER BY created_at", new { second, third }))
            .ShouldBe(["starter closed f", "professional closed t", "enterprise open t"]);

        // Paid in the moment between our look at the subscriptions and the closing of the page.
        var meanwhile = new Fault(r => r.Method == "POST" && r.Path.Value!.EndsWith("/expire", StringComparison.Ordinal), 1) { Delay = TimeSpan.FromSeconds(1) };
        stripe.Add(meanwhile);
        var late = host.SubscribeAsync(ada, "starter");
        await Journey.UntilAsync(() => meanwhile.Struck == 1, "the host closes the page");
        stripe.Pay(third);
        (await late).Error().ShouldBe("already-subscribed");
        (await host.LineAsync(ada)).ShouldBe("enterprise monthly active 99.00");

        // A subscription that is not paid is one all the same; one that has ended is in nobody's way.
        var first = (await host.SubscribeAsync(grace, "starter")).Session();
        stripe.Pay(first);
        stripe.Cancel(stripe.SubscriptionOf(first));
        stripe.Pay((await host.SubscribeAsync(grace, "professional")).Session());
        await journey.ExecuteAsync("DELETE FROM billing_subscriptions WHERE user_id = @Id", new { Journey.Grace.Id });
        (await host.SubscribeAsync(grace, "starter")).Error().ShouldBe("already-subscribed");
        await journey.ExecuteAsync("UPDATE billing_subscriptions SET status = 'past_due' WHERE user_id = @Id", new { Journey.Grace.Id });
        (await host.SubscribeAsync(grace, "starter")).Json.Text("detail")!.ShouldContain("(past due)");
    }
}
