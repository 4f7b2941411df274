using System.Text.Json.Nodes;
using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Plans;

/// <summary>Plans are changed: dearer ones now, cheaper ones when the period ends, and everything can be taken back.</summary>
public sealed class ChangeTests(Cluster cluster)
{
    [Fact]
    public async Task A_dearer_plan_counts_at_once_and_a_card_that_is_declined_leaves_the_old_one()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: Shopping.Unlimited);
        await journey.SellPlansAsync();
        var (host, stripe, ada) = (journey.World.Host, journey.World.Stripe, journey.TokenOf(DemoUsers.Buyer));
        (await host.ChangeAsync(ada, "starter")).Error().ShouldBe("subscription-not-found");
        var id = await journey.SubscribedAsync(DemoUsers.Buyer, "starter");
        stripe.DeliveryFaults.Drop = true; // what shows at once shows without the webhook
        stripe.BreakCard(id);
        var declined = await host.ChangeAsync(ada, "professional");
        (declined.Status, declined.Error()).ShouldBe((402, "card-declined"), declined.Body);
        declined.Json.Text("detail")!.ShouldStartWith("Your card was declined. Your plan is as it was.");
        (await host.LineAsync(ada), journey.AtStripe(id)).ShouldBe(("starter monthly active 19.00", "starter_monthly active"));

        stripe.BreakCard(id, broken: false);
        var changed = await host.ChangeAsync(ada, "professional");
        changed.Status.ShouldBe(200, changed.Body);
        changed.Json.Text("status").ShouldBe("changed");
        (await host.LineAsync(ada), journey.AtStripe(id)).ShouldBe(("professional monthly active 49.00", "professional_monthly active"));
        journey.TierOf(Journey.Ada.Id).ShouldBe("professional");
        journey.World.Lago.Subscriptions(Journey.Ada.Id)[^1].PlanCode.ShouldBe("professional");
        ((string?)stripe.Read(id)["metadata"]!["tier_id"]).ShouldBe("professional");
        var invoices = (await journey.AtStripeAsync("invoices")).Where(i => i.Text("billing_reason") == "subscription_update").ToList();
        invoices.ShouldHaveSingleItem().GetProperty("amount_paid").GetInt64().ShouldBeInRange(2999, 3000);

        (await host.ChangeAsync(ada, "professional")).Error().ShouldBe("same-plan");
        (await journey.RowsAsync<string>("SELECT concat_ws(' ', action, result, username, metadata->'before'->>'tier', metadata->'after'->>'tier') FROM audit_logs WHERE action LIKE 'subscription.change%' ORDER BY id"))
            .ShouldBe(["subscription.change_requested success buyer starter professional", "subscription.change_refused failure buyer starter professional",
                "subscription.change_requested success buyer starter professional"]);
        stripe.Add(new Fault(r => r.Method == "POST" && r.Path.Value!.StartsWith("/v1/subscriptions/", StringComparison.Ordinal), 3) { ResetAfterApplying = true });
        (await host.ChangeAsync(ada, "enterprise")).Error().ShouldBe("unavailable");
        (await host.ChangeAsync(ada, "enterprise")).Error().ShouldBe("same-plan", "it was done, and is not done twice");
        (await journey.AtStripeAsync("invoices")).Count(i => i.Text("billing_reason") == "subscription_update").ShouldBe(2);
        await Task.WhenAll(stripe.Events.Select(e => stripe.DeliverAsync(e.Id)));
        stripe.DeliveryFaults.Drop = false;
        await journey.SettleAsync();
        (await host.LineAsync(ada)).ShouldBe("enterprise monthly active 99.00");
        (await journey.AuditedAsync("tier.changed")).ShouldBe(3);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_cheaper_plan_waits_for_the_renewal_can_be_taken_back_and_then_counts_everywhere()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: Shopping.Unlimited);
        await journey.SellPlansAsync();
        var (host, stripe, ada) = (journey.World.Host, journey.World.Stripe, journey.TokenOf(DemoUsers.Buyer));
        var id = await journey.SubscribedAsync(DemoUsers.Buyer, "professional");
        const string stays = "professional monthly active 49.00";
        (await host.ChangeAsync(ada, "starter")).Json.Text("status").ShouldBe("scheduled");
        (await host.LineAsync(ada)).ShouldBe($"{stays} then starter monthly");
        (await host.ChangeAsync(ada, "trial")).Json.Text("status").ShouldBe("scheduled");
        (await host.LineAsync(ada)).ShouldBe($"{stays} then trial monthly", "another wish takes the place of the first");
        (await host.ChangeAsync(ada, "enterprise")).Error().ShouldBe("change-planned");
        (await host.ChangeAsync(ada, "professional")).Json.Text("status").ShouldBe("resumed");
        (await host.LineAsync(ada)).ShouldBe(stays);
        (await host.ResumeAsync(ada, id)).Error().ShouldBe("nothing-to-undo");

        await host.ChangeAsync(ada, "starter");
        (await host.ResumeAsync(ada, id)).Json.Text("status").ShouldBe("resumed");
        (await host.LineAsync(ada)).ShouldBe(stays);
        await host.ChangeAsync(ada, "starter");
        await journey.SettleAsync();
        (await host.LineAsync(ada)).ShouldBe($"{stays} then starter monthly", "the events say the same");
        journey.TierOf(Journey.Ada.Id).ShouldBe("professional", "it is paid for");
        (await journey.AtStripeAsync("invoices")).Count.ShouldBe(1, "nothing was charged or paid back");

        journey.World.Clock.AdvanceMonths(1);
        await journey.SettleAsync();
        (await host.LineAsync(ada), journey.AtStripe(id)).ShouldBe(("starter monthly active 19.00", "starter_monthly active"));
        journey.TierOf(Journey.Ada.Id).ShouldBe("starter");
        journey.World.Lago.Subscriptions(Journey.Ada.Id).Where(l => l.Status is "active" or "pending").Select(l => l.PlanCode).ShouldBe(["starter"], "Lago bills what Stripe bills");
        ((long?)stripe.Read((string)stripe.Read(id)["latest_invoice"]!)["amount_paid"]).ShouldBe(1900);
        (await host.ChangeAsync(ada, "professional")).Json.Text("status").ShouldBe("changed", "a schedule that has nothing left to change is in nobody's way");
        journey.World.Clock.AdvanceMonths(1);
        await journey.SettleAsync();
        journey.AtStripe(id).ShouldBe("professional_monthly active");
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task What_a_preview_says_of_another_period_is_what_is_invoiced_and_near_the_renewal_it_waits()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: Shopping.Unlimited);
        await journey.SellPlansAsync();
        var (host, stripe, ada) = (journey.World.Host, journey.World.Stripe, journey.TokenOf(DemoUsers.Buyer));
        var id = await journey.SubscribedAsync(DemoUsers.Buyer, "professional");
        journey.World.Clock.Advance(TimeSpan.FromDays(10));
        var before = stripe.Read(id).ToJsonString();
        var preview = await host.PostAsync(Planning.Period, """{"billing_period":"yearly","preview":true}""", ada);
        preview.Status.ShouldBe(200, preview.Body);
        stripe.Read(id).ToJsonString().ShouldBe(before, "a preview changes nothing");
        var (credit, due, date) = (preview.Json.GetProperty("prorated_credit").GetDecimal(), preview.Json.GetProperty("amount_due").GetDecimal(), preview.Json.Text("proration_date"));
        (credit, preview.Json.GetProperty("deferred").GetBoolean()).ShouldSatisfyAllConditions(p => p.credit.ShouldBeInRange(30m, 36m), p => p.Item2.ShouldBeFalse());
        due.ShouldBe(490m - credit);
        (await host.PostAsync(Planning.Period, """{"billing_period":"yearly","proration_date":"2020-01-01T00:00:00Z"}""", ada)).Error().ShouldBe("invalid-input");

        journey.World.Clock.Advance(TimeSpan.FromMinutes(20)); // who thinks it over pays what was said
        var changed = await host.PostAsync(Planning.Period, $$"""{"billing_period":"yearly","proration_date":"{{date}}"}""", ada);
        changed.Status.ShouldBe(200, changed.Body);
        (changed.Json.GetProperty("success").GetBoolean(), changed.Json.Text("new_billing_period"), changed.Json.GetProperty("prorated_credit").GetDecimal(), changed.Json.GetProperty("deferred").GetBoolean())
            .ShouldBe((true, "yearly", credit, false));
        ((long?)stripe.Read((string)stripe.Read(id)["latest_invoice"]!)["amount_paid"]).ShouldBe((long)(due * 100));
        DateTimeOffset.Parse(changed.Json.Text("next_billing_date")!, null).ShouldBe(journey.World.Clock.GetUtcNow().AddYears(1), TimeSpan.FromMinutes(1));
        (await host.LineAsync(ada)).ShouldBe("professional yearly active 490.00");

        journey.World.Clock.Advance(TimeSpan.FromDays(360));
        await journey.SettleAsync();
        (await host.PostAsync(Planning.Period, """{"billing_period":"monthly","preview":true}""", ada)).Json.GetProperty("deferred").GetBoolean().ShouldBeTrue();
        var late = await host.PostAsync(Planning.Period, """{"billing_period":"monthly"}""", ada);
        (late.Json.GetProperty("deferred").GetBoolean(), late.Json.GetProperty("prorated_credit").GetDecimal()).ShouldBe((true, 0m), late.Body);
        (await host.LineAsync(ada)).ShouldBe("professional yearly active 490.00 then professional monthly");
        journey.World.Clock.Advance(TimeSpan.FromDays(7));
        await journey.SettleAsync();
        (await host.LineAsync(ada), journey.AtStripe(id)).ShouldBe(("professional monthly active 49.00", "professional_monthly active"));
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task Who_cancels_is_served_to_the_end_can_come_back_and_drops_what_was_planned()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: Shopping.Unlimited);
        await journey.SellPlansAsync();
        var (host, stripe, ada) = (journey.World.Host, journey.World.Stripe, journey.TokenOf(DemoUsers.Buyer));
        var id = await journey.SubscribedAsync(DemoUsers.Buyer, "professional");
        for (var i = 0; i < 2; i++) // to and fro: no key of the first time answers for the second
        {
            (await host.CancelAsync(ada, id)).Json.Text("status").ShouldBe("scheduled");
            (await host.LineAsync(ada)).ShouldBe("professional monthly active 49.00 ends");
            (await host.CancelAsync(ada, id)).Status.ShouldBe(200);
            (await host.ChangeAsync(ada, "enterprise")).Error().ShouldBe("subscription-ends");
            (await host.ResumeAsync(ada, id)).Json.Text("status").ShouldBe("resumed");
            (await host.LineAsync(ada)).ShouldBe("professional monthly active 49.00");
        }

        await host.ChangeAsync(ada, "starter");
        (await host.ChangeAsync(ada, "free")).Json.Text("status").ShouldBe("scheduled", "to have nothing but the free plan is to cancel");
        (await host.LineAsync(ada)).ShouldBe("professional monthly active 49.00 ends");
        ((JsonNode?)stripe.Read(id)["schedule"]).ShouldBeNull();
        stripe.GoDown();
        (await host.ResumeAsync(ada, id)).Headers["Retry-After"].ShouldNotBeNull();
        stripe.Heal();
        (await host.ResumeAsync(ada, id)).Json.Text("status").ShouldBe("resumed");
        (await host.CancelAsync(ada, id, atPeriodEnd: false)).Json.Text("status").ShouldBe("canceled");
        (await host.StatusAsync(ada)).Json.GetProperty("has_subscription").GetBoolean().ShouldBeFalse();
        journey.TierOf(Journey.Ada.Id).ShouldBe("free");
        (await host.CancelAsync(ada, id)).Error().ShouldBe("subscription-ended");
        await journey.SettleAsync();
        (await journey.CountAsync("inbox_steps WHERE outcome = 'parked'")).ShouldBe(0);
        await Oracles.HoldAsync(journey);
    }
}
