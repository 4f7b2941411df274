using System.Text.Json.Nodes;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Subscriptions;

/// <summary>A plan is bought, changed and ended: what Lago, Keycloak, the ledger and the audit log hold afterwards.</summary>
public sealed class SubscriptionTests(Cluster cluster)
{
    [Fact]
    public async Task A_plan_that_is_paid_on_the_hosted_page_reaches_lago_keycloak_and_the_ledger()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var stripe = journey.World.Stripe;
        var before = WithoutOurs(Ada(journey));
        var session = stripe.OpenPlanSession(Journey.Ada, "professional", "yearly");
        await HostedPage.PayAsync(stripe.Url, session, Journey.Ada.Email, Journey.Ada.Name);
        await journey.SettleAsync();

        var (id, customerId) = (stripe.SubscriptionOf(session), (string)stripe.Read(session)["customer"]!);
        var customer = journey.World.Lago.Customers.Single();
        (customer.ExternalId, customer.Name, customer.Email, customer.Currency).ShouldBe((Journey.Ada.Id, Journey.Ada.Name, Journey.Ada.Email, "USD"));
        customer.Metadata.ShouldBe(new Dictionary<string, string> { ["stripe_customer"] = customerId });
        var subscription = journey.World.Lago.Subscriptions(Journey.Ada.Id).Single();
        (subscription.ExternalId, subscription.PlanCode, subscription.Status, subscription.BillingTime).ShouldBe((id, "professional_yearly", "active", "anniversary"));

        var state = stripe.Read(id);
        Ours(Ada(journey)).ShouldBe(
        [
            $"stripe_customer_id={customerId}", $"stripe_subscription_id={id}",
            $"subscription_end_date={Iso(state["items"]!["data"]![0]!["current_period_end"])}", $"subscription_start_date={Iso(state["start_date"])}",
            "subscription_status=active", "subscription_tier=professional",
        ]);
        WithoutOurs(Ada(journey)).ShouldBe(before, "everything else is as it was, to the byte");

        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(720, "twelve months are paid for");
        (await journey.RowsAsync<string>("SELECT concat_ws(' ', action, resource_id, user_id, result) FROM audit_logs ORDER BY action")).ShouldBe(
        [
            $"credit.allocate {state["latest_invoice"]} {Journey.Ada.Id} success", $"subscription.created {id} {Journey.Ada.Id} success",
            $"tier.changed {Journey.Ada.Id} {Journey.Ada.Id} success",
        ]);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task An_endpoint_that_speaks_the_version_of_2024_is_understood_in_both_modes()
    {
        await using var journey = await Journey.StartAsync(cluster);
        journey.World.Stripe.DeliveryFaults.Drop = true;
        var pack = journey.BuyPack(Journey.Ada, "starter");
        var plan = journey.BuyPlan(Journey.Ada, "professional");
        journey.World.Stripe.Add(new Fault(r => r.Path.StartsWithSegments("/v1", StringComparison.Ordinal), int.MaxValue) { Status = 404, Body = "{}" });
        foreach (var happened in journey.World.Stripe.Events) await journey.SendAsync(happened.Bytes(StripeRendering.Legacy));
        await journey.SettleAsync();

        (await journey.PurchaseStatusAsync(pack)).ShouldBe("completed");
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(1060);
        (await Digest.OfAsync(journey, Journey.Ada, plan)).ShouldContain("professional monthly active t f 4900 usd professional until its period's end");
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task An_unpaid_subscription_gives_no_allowance_until_its_money_comes_and_never_if_it_does_not()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var stripe = journey.World.Stripe;
        var (arrives, returned) = (stripe.OpenPlanSession(Journey.Ada, "professional", "monthly"), stripe.OpenPlanSession(Journey.Grace, "professional", "monthly"));
        stripe.PayLater(arrives);
        stripe.PayLater(returned);
        await journey.SettleAsync();
        (await journey.CountAsync("credit_lots")).ShouldBe(0);

        stripe.Settle(arrives, ok: true);
        stripe.Settle(returned, ok: false);
        await journey.SettleAsync();
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(60);
        (await journey.BalanceAsync(Journey.Grace.Id)).ShouldBe(0);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task An_event_that_comes_late_grants_what_was_bought_and_not_what_the_plan_has_become()
    {
        await using var journey = await Journey.StartAsync(cluster);
        journey.World.Stripe.HoldDeliveries();
        var id = journey.BuyPlan(Journey.Ada, "starter");
        journey.World.Stripe.ChangePlan(id, "professional_monthly");
        await journey.World.Stripe.ReleaseDeliveriesAsync();
        await journey.SettleAsync();

        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(20, "the invoice was for the starter plan");
        journey.TierOf(Journey.Ada.Id).ShouldBe("professional");
    }

    [Fact]
    public async Task What_stripe_bills_now_lago_bills_now_upgrade_downgrade_and_what_somebody_scheduled_there()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var id = journey.BuyPlan(Journey.Ada, "starter");
        await ChangeAsync("professional");
        Lago().ShouldBe(["starter terminated", "professional active"]);

        // Lago would bill the dearer plan to the period's end. Its answer to the ending is lost once, and the begun half is not done twice.
        journey.World.Lago.Add(new Fault(r => r.Method == "DELETE", 1) { ResetAfterApplying = true });
        await ChangeAsync("starter");
        Lago().ShouldBe(["starter terminated", "professional terminated", "starter canceled", "starter active"]);
        (await RowAsync()).ShouldBe("starter starter");
        journey.TierOf(Journey.Ada.Id).ShouldBe("starter");

        await ChangeAsync("professional");
        journey.World.Lago.SeedSubscription(Journey.Ada.Id, id, "starter");
        Lago().ShouldContain("starter pending", "somebody's hand in Lago");
        journey.World.Stripe.CancelAtPeriodEnd(id);
        await journey.SettleAsync();
        Lago().Where(l => l.EndsWith("active", StringComparison.Ordinal) || l.EndsWith("pending", StringComparison.Ordinal)).ShouldBe(["professional active"]);
        (await RowAsync()).ShouldBe("professional professional");
        await Oracles.HoldAsync(journey);

        async Task ChangeAsync(string tier)
        {
            await journey.SettleAsync();
            journey.World.Stripe.ChangePlan(id, $"{tier}_monthly");
            await journey.SettleAsync();
        }

        IEnumerable<string> Lago() => journey.World.Lago.Subscriptions(Journey.Ada.Id).Select(s => $"{s.PlanCode} {s.Status}");
        Task<string?> RowAsync() => journey.ScalarAsync<string>("SELECT concat_ws(' ', tier_id, lago_plan_code) FROM billing_subscriptions");
    }

    [Fact]
    public async Task A_subscription_that_was_cancelled_is_served_to_its_period_s_end_and_then_everywhere_over()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var id = journey.BuyPlan(Journey.Ada, "professional");
        await journey.SettleAsync();
        journey.World.Stripe.CancelAtPeriodEnd(id);
        await journey.SettleAsync();
        journey.TierOf(Journey.Ada.Id).ShouldBe("professional", "it is paid for");
        (await journey.ScalarAsync<bool>("SELECT is_active AND cancel_at_period_end FROM billing_subscriptions")).ShouldBeTrue();

        journey.World.Clock.AdvanceMonths(1);
        await journey.SettleAsync();

        journey.TierOf(Journey.Ada.Id).ShouldBe("free");
        Ours(Ada(journey)).ShouldContain("subscription_status=canceled");
        journey.World.Lago.Subscriptions(Journey.Ada.Id).Select(s => s.Status).ShouldBe(["terminated"]);
        (await journey.ScalarAsync<bool>("SELECT is_active FROM billing_subscriptions")).ShouldBeFalse();
        (await journey.AuditedAsync("subscription.cancelled")).ShouldBe(1);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task An_end_that_stripe_can_only_tell_by_its_event_counts_even_in_the_second_of_the_last_look()
    {
        await using var journey = await Journey.StartAsync(cluster);
        journey.World.Stripe.DeliveryFaults.Drop = true;
        var id = journey.BuyPlan(Journey.Ada, "professional");
        await journey.World.Stripe.DeliverAsync(journey.EventOf(Buying.Created, id));
        await journey.SettleAsync();

        journey.World.Stripe.Cancel(id);
        journey.World.Stripe.Add(new Fault(r => r.Path.StartsWithSegments("/v1", StringComparison.Ordinal), int.MaxValue) { Status = 404, Body = "{}" });
        var ended = journey.EventOf(Buying.Deleted, id);
        var looked = await journey.ScalarAsync<DateTime>("SELECT as_of FROM billing_subscriptions");
        await journey.SendAsync(journey.Changed(ended, e => e["created"] = new DateTimeOffset(looked, TimeSpan.Zero).ToUnixTimeSeconds()));
        await journey.SettleAsync();

        journey.TierOf(Journey.Ada.Id).ShouldBe("free");
        journey.World.Lago.Subscriptions(Journey.Ada.Id).Select(s => s.Status).ShouldBe(["terminated"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_new_subscription_counts_whichever_event_of_the_old_and_the_new_comes_last(bool oldLast)
    {
        await using var journey = await Journey.StartAsync(cluster);
        var old = journey.BuyPlan(Journey.Ada, "enterprise");
        await journey.SettleAsync();
        journey.World.Stripe.HoldDeliveries();
        journey.World.Stripe.Cancel(old);
        var bought = journey.BuyPlan(Journey.Ada, "starter");
        var (ended, begun) = (journey.EventOf(Buying.Deleted, old), journey.EventOf(Buying.Created, bought));
        foreach (var id in oldLast ? (string[])[begun, ended] : [ended, begun])
        {
            await journey.World.Stripe.DeliverAsync(id);
            await journey.SettleAsync();
        }

        journey.TierOf(Journey.Ada.Id).ShouldBe("starter");
        Ours(Ada(journey)).ShouldContain($"stripe_subscription_id={bought}");
        journey.World.Lago.Subscriptions(Journey.Ada.Id).Select(s => $"{s.PlanCode} {s.Status}").ShouldBe(["enterprise terminated", "starter active"]);
    }

    private static KeycloakUser Ada(Journey journey) => journey.World.Keycloak.Users.Single(u => u.Id == Journey.Ada.Id);

    private static IEnumerable<string> Ours(KeycloakUser user) =>
        user.Attributes.Where(a => UserProfile.SubscriptionAttributes.Contains(a.Key)).Select(a => $"{a.Key}={string.Join(',', a.Value)}");

    private static string WithoutOurs(KeycloakUser user) => Representation.Full(
        user with { Attributes = user.Attributes.RemoveRange(UserProfile.SubscriptionAttributes) }, UserProfile.OfTheSandbox(withSubscription: true)).ToJsonString();

    private static string Iso(JsonNode? seconds) => DateTimeOffset.FromUnixTimeSeconds((long)seconds!).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null);
}
