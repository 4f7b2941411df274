using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Operators;

/// <summary>The faults of the five systems that this one replaces (docs of the product, section 7): each must stay dead.</summary>
public sealed class FaultsOfTheOriginals(Cluster cluster)
{
    [Fact]
    public async Task Fault_01_answered_200_when_lago_or_keycloak_failed_and_never_tried_again()
    {
        await using var journey = await Journey.StartAsync(cluster);
        journey.World.Lago.GoDown();
        journey.World.Keycloak.GoDown();
        journey.BuyPlan(Journey.Ada, "professional");
        await journey.World.Stripe.WaitForQuietAsync(TimeSpan.FromSeconds(20));
        // All four events that concern the subscription say how it stands; the allowance needs neither of the two.
        await Journey.UntilAsync(async () => await journey.ScalarAsync<string>(
            "SELECT string_agg(DISTINCT command, ' ') || ' ' || count(*) FROM inbox_steps WHERE outcome IS NULL") == "billing.sync-subscription identity.set-tier 8", "only what they cannot do stays due");
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(60);

        journey.World.Lago.Heal();
        journey.World.Keycloak.Heal();
        await ProvisionedAsync(journey);
    }

    [Fact]
    public async Task Fault_02_the_tier_setter_got_an_id_where_it_took_an_email_and_nothing_changed()
    {
        await using var journey = await Journey.StartAsync(cluster);
        // Somebody's user name is Ada's e-mail address, and somebody's is her id: neither is Ada.
        journey.World.Keycloak.EditAsAdministrator(Journey.Grace.Id, u => u with { Username = Journey.Ada.Email });
        journey.World.Keycloak.EditAsAdministrator(Sandbox.Keycloak.DemoUsers.Admin.Id, u => u with { Username = Journey.Ada.Id });
        journey.BuyPlan(Journey.Ada, "professional");
        await ProvisionedAsync(journey);
        (journey.TierOf(Journey.Grace.Id), journey.TierOf(Sandbox.Keycloak.DemoUsers.Admin.Id)).ShouldBe((null, null));
    }

    [Fact]
    public async Task Fault_03_the_grant_was_rolled_back_by_an_audit_log_that_the_proof_had_stubbed()
    {
        await using var journey = await Journey.StartAsync(cluster);
        await journey.ScalarAsync<int>("ALTER TABLE audit_logs ADD CONSTRAINT broken CHECK (action <> 'credit.allocate')");
        var completed = journey.EventOf(Buying.Completed, journey.BuyPack(Journey.Ada, "starter"));
        await journey.SettleAsync();
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(0, "no grant without its audit row");
        (await journey.StateAsync(completed)).ShouldBe("parked", "and never silently");

        await journey.ScalarAsync<int>("ALTER TABLE audit_logs DROP CONSTRAINT broken");
        await journey.ScalarAsync<int>("UPDATE inbox_steps SET outcome = NULL, completed_at = NULL, next_attempt_at = now() WHERE outcome = 'parked'");
        await Journey.UntilAsync(async () => await journey.BalanceAsync(Journey.Ada.Id) == 1000, "the grant and its audit row are there together");
        (await journey.AuditedAsync("credit.allocate")).ShouldBe(1);
    }

    [Fact]
    public async Task Fault_04_the_payment_status_was_never_checked()
    {
        await using var journey = await Journey.StartAsync(cluster);
        journey.World.Stripe.PayLater(journey.World.Stripe.OpenPackSession(Journey.Ada, "enterprise"));
        journey.World.Stripe.PayLater(journey.World.Stripe.OpenPlanSession(Journey.Ada, "professional", "monthly"));
        await journey.SettleAsync();
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(0);

        var opened = (await journey.World.Host.BuyAsync(journey.TokenOf(DemoUsers.Buyer))).Opened();
        journey.World.Stripe.PayLater(opened.SessionId);
        await journey.SettleAsync();
        (await journey.World.Host.CompleteAsync(journey.TokenOf(DemoUsers.Buyer), opened.SessionId)).Json.GetProperty("status").GetString().ShouldBe("processing");
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(0, "finished is not paid");
    }

    [Fact]
    public async Task Fault_05_credits_were_taken_from_metadata()
    {
        await using var journey = await Journey.StartAsync(cluster);
        journey.World.Stripe.Pay(journey.OpenPack("starter", 1000, more: "&metadata[credits]=999999999"));
        await journey.SettleAsync();
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(1000);

        // On a session of our own route too: what it says of credits is compared with the purchase, and somebody hears of it.
        journey.World.Stripe.DeliveryFaults.Drop = true;
        var opened = (await journey.World.Host.BuyAsync(journey.TokenOf(DemoUsers.Buyer))).Opened();
        journey.World.Stripe.Pay(opened.SessionId);
        await journey.SendAsync(journey.Changed(journey.EventOf(Buying.Completed, opened.SessionId), e => e["data"]!["object"]!["metadata"]!["credits"] = "999999999"));
        await journey.SettleAsync();
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(2000);
        (await journey.CountAsync("audit_logs WHERE metadata->>'alert' LIKE '%999999999%'")).ShouldBe(2);
    }

    [Fact]
    public async Task Fault_06_one_payment_column_was_written_and_another_one_read()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var session = journey.BuyPack(Journey.Ada, "starter");
        await journey.SettleAsync();
        (await journey.RowsAsync<string>("SELECT stripe_payment_id FROM credit_purchases WHERE stripe_payment_intent_id IS NOT NULL"))
            .ShouldBe([(string)journey.World.Stripe.Read(session)["payment_intent"]!]);
        (await journey.World.Host.GetAsync("/api/v1/billing/credits/history", journey.TokenOf(DemoUsers.Buyer))).Json.GetProperty("purchases")[0]
            .GetProperty("stripe_payment_id").GetString().ShouldBe((string)journey.World.Stripe.Read(session)["payment_intent"]!);
    }

    [Fact]
    public async Task Fault_07_the_stripe_customer_was_the_first_one_with_this_email()
    {
        await using var journey = await Journey.StartAsync(cluster);
        // Grace pays with Ada's address: the payment is Grace's, and it says nothing about Ada.
        journey.BuyPlan(Journey.Grace with { Email = Journey.Ada.Email }, "professional");
        journey.BuyPlan(Journey.Ada, "starter");
        await journey.SettleAsync();
        (journey.TierOf(Journey.Grace.Id), journey.TierOf(Journey.Ada.Id)).ShouldBe(("professional", "starter"));
        (await journey.CountAsync("(SELECT stripe_customer_id FROM identity_customers GROUP BY 1 HAVING count(DISTINCT user_id) = 1) c")).ShouldBe(2);

        // A pack is bought for the buyer's own customer, though another one with the same address is there, and was there first.
        var opened = (await journey.World.Host.BuyAsync(journey.TokenOf(DemoUsers.Buyer))).Opened();
        (await journey.ScalarAsync<string>("SELECT user_id FROM identity_customers WHERE stripe_customer_id = @customer",
            new { customer = (string)journey.World.Stripe.Read(opened.SessionId)["customer"]! })).ShouldBe(Journey.Ada.Id);
    }

    [Fact]
    public async Task Fault_08_fields_were_read_where_they_stood_before_2025_03_31()
    {
        await using var journey = await Journey.StartAsync(cluster);
        journey.World.Stripe.DeliveryFaults.Drop = true;
        var id = journey.BuyPlan(Journey.Ada, "professional");
        journey.World.Stripe.Read(id).ContainsKey("current_period_end").ShouldBeFalse("it has moved to the items");
        await journey.World.Stripe.DeliverAsync(journey.EventOf(Buying.Created, id));
        await journey.SettleAsync();
        (await journey.CountAsync("billing_subscriptions WHERE current_period_end > now() + interval '27 days'")).ShouldBe(1);
        journey.World.Keycloak.Users.Single(u => u.Id == Journey.Ada.Id)["subscription_end_date"].ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Fault_09_credits_were_granted_by_a_browser_s_post_without_a_payment()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var (host, ada) = (journey.World.Host, journey.TokenOf(DemoUsers.Buyer));
        var opened = (await host.BuyAsync(ada, body: """{"package_code":"enterprise"}""")).Opened();
        for (var i = 0; i < 3; i++) (await host.CompleteAsync(ada, opened.SessionId)).Json.GetProperty("status").GetString().ShouldBe("pending");
        journey.World.Stripe.Expire(opened.SessionId);
        (await host.CompleteAsync(ada, opened.SessionId)).Json.GetProperty("status").GetString().ShouldBe("failed");
        await journey.SettleAsync();
        (await journey.CountAsync("credit_entries")).ShouldBe(0);
    }

    [Fact]
    public async Task Fault_10_the_second_purchase_of_a_customer_was_swallowed()
    {
        await using var journey = await Journey.StartAsync(cluster);
        journey.BuyPack(Journey.Ada, "starter");
        journey.BuyPack(Journey.Ada, "starter");
        await journey.SettleAsync();
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(2000);

        foreach (var opened in (Opened[])[(await journey.World.Host.BuyAsync(journey.TokenOf(DemoUsers.Buyer))).Opened(), (await journey.World.Host.BuyAsync(journey.TokenOf(DemoUsers.Buyer))).Opened()])
            journey.World.Stripe.Pay(opened.SessionId);
        await journey.SettleAsync();
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(4000, "one customer, two purchases more");
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task Fault_11_a_subscription_was_active_whatever_its_status_said()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var id = journey.BuyPlan(Journey.Ada, "professional");
        await journey.SettleAsync();
        journey.World.Stripe.Cancel(id);
        await journey.SettleAsync();
        (await journey.RowsAsync<string>("SELECT concat_ws(' ', status, is_active) FROM billing_subscriptions")).ShouldBe(["canceled f"]);
        journey.TierOf(Journey.Ada.Id).ShouldBe("free");
        var refused = await Should.ThrowAsync<Npgsql.PostgresException>(() => journey.ScalarAsync<int>("UPDATE billing_subscriptions SET is_active = true"));
        refused.SqlState.ShouldBe("428C9", "it cannot say anything else than the status");
    }

    [Fact]
    public async Task Fault_12_the_billing_cycle_was_ignored_and_lago_s_subscription_had_no_external_id()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var id = journey.BuyPlan(Journey.Ada, "professional", "yearly");
        await journey.SettleAsync();
        var subscription = journey.World.Lago.Subscriptions(Journey.Ada.Id).Single();
        (subscription.ExternalId, subscription.PlanCode).ShouldBe((id, "professional_yearly"));
    }

    [Fact]
    public async Task Fault_13_the_connection_was_dropped_at_commit_and_the_order_was_lost()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        await using var relay = PostgresRelay.Start(journey.World.ConnectionString);
        await journey.World.StartHostAsync(new Dictionary<string, string?> { ["DATABASE_URL"] = relay.ConnectionString(journey.World.ConnectionString) });
        journey.World.Stripe.Courier.FirstWait = TimeSpan.FromMilliseconds(50);
        journey.World.Stripe.HoldDeliveries();
        foreach (var applied in (bool[])[false, true])
        {
            var session = journey.BuyPack(Journey.Ada, "starter");
            var completed = journey.EventOf(Buying.Completed, session);
            var atIntake = relay.CutAtCommit(applied, bytes => Holds(bytes, completed) && Holds(bytes, "payment_status"));
            var atGrant = relay.CutAtCommit(applied, bytes => Holds(bytes, $"session:{session}"));
            await journey.World.Stripe.ReleaseDeliveriesAsync();
            await Task.WhenAll(atIntake, atGrant).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            await journey.SettleAsync();
            journey.World.Stripe.HoldDeliveries();
        }

        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(2 * 1000);
        await Oracles.HoldAsync(journey);

        static bool Holds(ReadOnlyMemory<byte> bytes, string text) => bytes.Span.IndexOf(System.Text.Encoding.UTF8.GetBytes(text)) >= 0;
    }

    private static async Task ProvisionedAsync(Journey journey)
    {
        await journey.SettleAsync();
        journey.TierOf(Journey.Ada.Id).ShouldBe("professional");
        journey.World.Lago.Subscriptions(Journey.Ada.Id).Single().PlanCode.ShouldBe("professional");
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(60);
        await Oracles.HoldAsync(journey);
    }
}
