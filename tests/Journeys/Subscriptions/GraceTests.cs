using System.Text.Json;
using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;
using BillingMonolith.Sandbox.Webhooks;

namespace BillingMonolith.Journeys.Subscriptions;

/// <summary>An invoice stays unpaid: the tier is kept for a while, with what the policy leaves of it; then time alone ends it, and a payment brings it back.</summary>
public sealed class GraceTests(Cluster cluster)
{
    private const string Policy = "/api/v1/admin/tiers/professional/entitlement";

    [Fact]
    public async Task Grace_keeps_the_tier_ends_by_the_calendar_and_a_payment_ends_it_too()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2, new() { ["Grace__PollSeconds"] = "0.2" });
        var (stripe, clock) = (journey.World.Stripe, journey.World.Clock);
        await SetGraceAsync(journey, days: 7);
        await Subscriber.AddAsync(journey.World, CancellationToken.None, "tier.changed");
        var (ada, grace) = (journey.BuyPlan(Journey.Ada, "professional"), journey.BuyPlan(Journey.Grace, "professional"));
        await journey.SettleAsync();
        foreach (var id in (string[])[ada, grace]) stripe.BreakCard(id);

        clock.AdvanceMonths(1);
        await journey.SettleAsync();
        (await StandsAsync(journey)).ShouldBe("professional past_due");
        (await FeaturesAsync(journey)).ShouldBe("professional monthly: api_access");
        (await journey.ScalarAsync<string>("SELECT concat_ws(' ', status, is_active) FROM billing_subscriptions LIMIT 1")).ShouldBe("past_due t", "what is paid is another truth");
        (await journey.RowsAsync<long>("SELECT extract(epoch FROM past_due_since)::bigint FROM identity_subscriptions WHERE subscription_id = @ada", new { ada }))
            .ShouldBe([(long)stripe.Read((string)stripe.Read(ada)["latest_invoice"]!)["created"]!]);

        // The policy counts for who is in grace, at once, for better or worse; also when it changes again while Keycloak is being told.
        var isTold = false;
        journey.World.Keycloak.Add(new Fault(r => r.Method == "PUT" && r.Path.Value!.EndsWith(Journey.Ada.Id, StringComparison.Ordinal) && (isTold = true), 1) { Delay = TimeSpan.FromSeconds(1) });
        await SetGraceAsync(journey, days: 0);
        await Journey.UntilAsync(() => isTold, "Keycloak is told of the end of grace");
        await SetGraceAsync(journey, days: 7);
        await UntilStandsAsync(journey, "professional past_due");

        // A change of plan makes another invoice and another period, and no new grace.
        clock.Advance(TimeSpan.FromDays(2));
        stripe.ChangePlan(grace, "professional_yearly");
        await journey.SettleAsync();
        stripe.HoldDeliveries(); // from here on only time tells
        var refuses = true;
        journey.World.Keycloak.Add(new Fault(r => refuses && r.Path.Value!.EndsWith(Journey.Ada.Id, StringComparison.Ordinal), int.MaxValue) { Status = 403, Body = "{}" });
        clock.Advance(TimeSpan.FromDays(5.5));
        (await FeaturesAsync(journey)).ShouldBe("free null: projects team_members", "our own answer waits for nobody");
        await Journey.UntilAsync(() => journey.TierOf(Journey.Grace.Id) == "free", "whom it concerns not is not held up");
        journey.TierOf(Journey.Ada.Id).ShouldBe("professional");
        refuses = false;
        await UntilStandsAsync(journey, "free past_due");
        await stripe.ReleaseDeliveriesAsync();
        await journey.SettleAsync();

        stripe.BreakCard(ada, broken: false);
        clock.Advance(TimeSpan.FromDays(3));
        await journey.SettleAsync();
        (await StandsAsync(journey)).ShouldBe("professional active");
        (await FeaturesAsync(journey)).ShouldBe("professional monthly: api_access priority_support projects team_members");
        journey.TierOf(Journey.Grace.Id).ShouldBe("free", "she did not pay");

        stripe.Cancel(ada);
        await journey.SettleAsync();
        (await StandsAsync(journey)).ShouldBe("free canceled");
        var audited = await journey.RowsAsync<string>("""
            SELECT concat_ws(' ', CASE cause WHEN 'grace' THEN cause ELSE 'event' END, metadata->'before'->>'tier', metadata->'after'->>'tier', metadata->'after'->>'status')
            FROM audit_logs WHERE action = 'tier.changed' AND user_id = @Id ORDER BY id
            """, new { Journey.Ada.Id });
        audited.ShouldBe(
        [
            "event professional active", "event professional professional past_due", "grace professional free past_due", "grace free professional past_due",
            "grace professional free past_due", "event free professional active", "event professional free canceled",
        ]);
        (await journey.RowsAsync<string>("""
            SELECT concat_ws(' ', d->'before'->>'tier', d->'after'->>'tier', d->'after'->>'status')
            FROM outgoing_events, LATERAL (SELECT body::jsonb->'data' AS d) x WHERE type = 'tier.changed' AND d->>'user_id' = @Id ORDER BY created_at
            """, new { Journey.Ada.Id })).ShouldBe(audited.Select(a => a[(a.IndexOf(' ', StringComparison.Ordinal) + 1)..]), "whoever automates on it was told the same");
        await Oracles.HoldAsync(journey);
    }

    private static async Task SetGraceAsync(Journey journey, int days)
    {
        var page = await ApiCalls.CallAsync(HttpMethod.Put, journey.World.HostUrl + Policy, SignedIn.Json($$"""
            {"rank": 30, "grace_days": {{days}}, "grace_features": ["api_access"], "features": [{"key": "api_access", "type": "boolean", "value": "true"},
              {"key": "priority_support", "type": "boolean", "value": "true"}, {"key": "projects", "type": "number", "value": "100"},
              {"key": "team_members", "type": "number", "value": "10"}]}
            """), journey.TokenOf(DemoUsers.Admin));
        page.Status.ShouldBe(200, page.Body);
    }

    private static Task<string?> StandsAsync(Journey journey) => Task.FromResult<string?>(
        journey.World.Keycloak.Users.Where(u => u.Id == Journey.Ada.Id).Select(u => $"{u["subscription_tier"]} {u["subscription_status"]}").Single());

    private static Task UntilStandsAsync(Journey journey, string expected) => Journey.UntilAsync(async () => await StandsAsync(journey) == expected, $"Keycloak says {expected}");

    private static async Task<string> FeaturesAsync(Journey journey)
    {
        var page = await journey.World.Hosts[1].GetAsync("/api/v1/features/me", journey.TokenOf(DemoUsers.Buyer));
        page.Status.ShouldBe(200, page.Body);
        var enabled = page.Json.GetProperty("features").EnumerateArray().Where(f => f.GetProperty("enabled").GetBoolean()).Select(f => f.GetProperty("key").GetString());
        var period = page.Json.GetProperty("billing_period");
        return $"{page.Json.GetProperty("plan_id")} {(period.ValueKind == JsonValueKind.Null ? "null" : period)}: {string.Join(' ', enabled)}";
    }
}
