using BillingMonolith.Journeys.Intake;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;

namespace BillingMonolith.Journeys.Reconcile;

/// <summary>Somebody's hand in each system: it is found, explained, and mended when that is asked for.</summary>
public sealed class DriftTests(Cluster cluster)
{
    [Fact]
    public async Task Drift_in_each_system_is_found_with_its_cause_left_alone_refused_in_bulk_and_mended_on_demand()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new() { ["Reconcile__Floor"] = "20" });
        var (ada, grace, otto, anna, tom) = (journey.BuyPlan(Journey.Ada, "professional"), journey.BuyPlan(Journey.Grace, "starter"),
            journey.BuyPlan(Reconciling.Otto, "enterprise", "yearly"), journey.BuyPlan(Reconciling.Anna, "starter"), journey.BuyPlan(Reconciling.Tom, "starter"));
        await journey.SettleAsync();
        journey.World.Stripe.Cancel(tom);
        await journey.SettleAsync();
        var right = await WithoutTimesAsync(journey);

        journey.World.Lago.SeedSubscription(Journey.Ada.Id, ada, "enterprise");
        journey.World.Lago.Terminate(grace);
        journey.World.Keycloak.EditAsAdministrator(Journey.Grace.Id, u => u.With("subscription_tier", "enterprise"));
        await journey.ExecuteAsync("DELETE FROM billing_subscriptions WHERE subscription_id = @otto; DELETE FROM identity_subscriptions WHERE subscription_id = @otto", new { otto });
        await journey.ExecuteAsync("""
            UPDATE billing_subscriptions SET tier_id = 'professional', as_of = as_of - interval '1 day' WHERE subscription_id = @anna;
            UPDATE identity_subscriptions SET status = 'past_due', past_due_since = now(), as_of = as_of - interval '1 day' WHERE subscription_id = @anna
            """, new { anna });
        journey.World.Lago.SeedSubscription(Reconciling.Tom.Id, tom, "starter");
        var planted = await journey.StateAsync();

        var (code, text) = await journey.ReconcileAsync();
        code.ShouldBe(2, text);
        (string, string[])[] expected =
        [
            ($"database row-differs {anna}", ["professional monthly active", "starter monthly active", "changed by hand"]),
            ($"database row-missing {otto}", ["no row in billing_subscriptions", "enterprise yearly active"]),
            ($"database tier-row-differs {anna}", ["starter monthly past_due"]),
            ($"database tier-row-missing {otto}", ["no row in identity_subscriptions"]),
            ($"keycloak keycloak-behind {Reconciling.Anna.Id}", ["subscription_status=active", "subscription_status=past_due"]),
            ($"keycloak keycloak-changed {Journey.Grace.Id}", ["subscription_tier=enterprise", "subscription_tier=starter", "by hand in Keycloak"]),
            ($"lago lago-alive {tom}", ["active on 'starter'", "canceled"]),
            ($"lago lago-missing {grace}", ["no active subscription", "ended by hand in Lago"]),
            ($"lago lago-plan {ada}", ["active on 'enterprise'", "active on 'professional'", "changed by hand in Lago"]),
        ];
        (await journey.FindingsAsync()).ShouldBe([.. expected.Select(e => $"{e.Item1} open").Order(StringComparer.Ordinal)]);
        foreach (var (_, words) in expected)
        foreach (var word in words) text.ShouldContain(word);
        (await journey.StateAsync()).ShouldBe(planted, "without --apply nothing changes");

        var careful = new Dictionary<string, string?>(journey.World.Settings) { ["Reconcile__Floor"] = "2" };
        (code, text) = await StartTests.RunAsync(careful, "reconcile", "--apply");
        code.ShouldBe(2, text);
        text.ShouldContain("nothing was repaired");
        (await journey.ScalarAsync<string>("SELECT state FROM reconcile_runs ORDER BY id DESC LIMIT 1")).ShouldBe("refused");
        (await journey.StateAsync()).ShouldBe(planted, "too much would change");

        (code, text) = await StartTests.RunAsync(careful, "reconcile", "--apply", "--force");
        code.ShouldBe(0, text);
        (await journey.FindingsAsync()).ShouldAllBe(f => f.EndsWith(" repaired", StringComparison.Ordinal));
        (await WithoutTimesAsync(journey)).ShouldBe(right, "as it was before, to the byte, foreign attributes too");
        (await journey.CountAsync("audit_logs WHERE cause LIKE 'reconcile:%' AND action IN ('subscription.created', 'subscription.updated')")).ShouldBe(2);
        (await journey.CountAsync("audit_logs WHERE cause LIKE 'reconcile:%' AND action = 'reconcile.repaired' AND result = 'success'")).ShouldBe(7, "each with its reason");

        (code, text) = await journey.ReconcileAsync("--apply");
        code.ShouldBe(0, text);
        text.ShouldContain(" 0 differences");
    }

    /// <summary>What must come back: what is billed, every attribute, and the rows but for when they were written.</summary>
    private static async Task<string> WithoutTimesAsync(Journey journey)
    {
        var lago = journey.World.Lago.Customers.OrderBy(c => c.ExternalId, StringComparer.Ordinal).SelectMany(c => journey.World.Lago.Subscriptions(c.ExternalId))
            .Where(s => s.Status == "active").Select(s => $"{s.ExternalCustomerId} {s.ExternalId} {s.PlanCode} {s.NextPlanCode}");
        var keycloak = journey.World.Keycloak.Users.OrderBy(u => u.Id, StringComparer.Ordinal)
            .Select(u => $"{u.Id} {u.Email} {u.FirstName} {u.LastName} {string.Join("; ", u.Attributes.Select(a => $"{a.Key}={string.Join(',', a.Value)}"))}");
        var rows = await journey.RowsAsync<string>("""
            SELECT (to_jsonb(b) - '{as_of,as_of_rank,created_at,updated_at}'::text[])::text FROM billing_subscriptions b
            UNION ALL SELECT (to_jsonb(i) - '{as_of,as_of_rank,updated_at}'::text[])::text FROM identity_subscriptions i ORDER BY 1
            """);
        return string.Join('\n', [.. lago, .. keycloak, .. rows]);
    }
}
