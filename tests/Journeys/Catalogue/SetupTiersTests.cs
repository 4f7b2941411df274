using System.Text.Json.Nodes;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;

namespace BillingMonolith.Journeys.Catalogue;

/// <summary>What an operator types to have the neighbours sell, bill and show the tiers. Each time once more, and nothing is left to do.</summary>
public sealed class SetupTiersTests(Cluster cluster)
{
    [Fact]
    public async Task Stripe_gets_recurring_prices_and_the_list_of_events_and_the_second_time_nothing()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        var stripe = journey.World.Stripe;
        var (old, kept) = ((string)stripe.Prices["starter_monthly"]["id"]!, (string)stripe.Prices["starter_yearly"]["id"]!);
        await journey.ExecuteAsync("""
            UPDATE billing_tier_prices SET amount_minor = 2100 WHERE tier_id = 'starter' AND cycle = 'monthly';
            INSERT INTO billing_tiers (id, name, lago_plan_monthly, lago_plan_yearly, invite_only) VALUES ('team', 'Team', 'team', 'team_yearly', true);
            INSERT INTO billing_tier_prices (tier_id, cycle, currency, amount_minor) VALUES ('team', 'yearly', 'usd', 49000), ('team', 'yearly', 'eur', 45000);
            UPDATE billing_tiers SET active = false WHERE id = 'enterprise';
            """);
        var before = await TiersAsync(journey);

        var rehearsed = await SetupTable.RunAsync(journey, "stripe --dry-run");
        rehearsed.Code.ShouldBe(0, rehearsed.Text);
        rehearsed.Rows.ShouldContain(new SetupTable.Row("tier team", "45000 eur a year", "plan_team -", "would be created"), rehearsed.Text);
        Posts(stripe).ShouldBe(0);
        (await TiersAsync(journey)).ShouldBe(before);

        var (code, text, rows) = await SetupTable.RunAsync(journey, "stripe");
        code.ShouldBe(0, text);
        rows.Where(r => r.What.StartsWith("tier ", StringComparison.Ordinal)).Select(r => $"{r.What} {r.Should} {r.There.Split(' ')[0]} {r.Happened}").ShouldBe(
        [
            "tier team 49000 usd a year plan_team created", "tier team 45000 eur a year plan_team created",
            "tier trial 100 usd a month prod_trial updated", "tier starter 2100 usd a month prod_starter updated", "tier starter 19000 usd a year prod_starter updated",
            "tier professional 4900 usd a month prod_professional updated", "tier professional 49000 usd a year prod_professional updated",
            "tier founders-friend 4900 usd a month prod_founders-friend updated", "tier founders-friend 49000 usd a year prod_founders-friend updated",
        ], text);
        var euro = stripe.Prices["team_yearly_eur"];
        ((string?)euro["product"]!["metadata"]!["tier_id"], (string?)euro["recurring"]!["interval"], (long?)euro["unit_amount"]).ShouldBe(("team", "year", 45000));
        ((string?)stripe.Prices["starter_yearly"]["id"], (long?)stripe.Prices["starter_monthly"]["unit_amount"]).ShouldBe((kept, 2100));
        var retired = stripe.Read(old);
        ((bool?)retired["active"], (string?)retired["metadata"]!["tier_id"]).ShouldBe((false, "starter"), "who pays it goes on, and it still says for what");
        (await journey.CountAsync("billing_tier_prices p JOIN billing_tiers t ON t.id = p.tier_id WHERE t.active AND (stripe_price_id IS NULL OR stripe_product_id IS NULL)")).ShouldBe(0);
        (await journey.RowsAsync<string>("SELECT resource_id FROM audit_logs WHERE action = 'admin.tier.update' AND cause = 'command line' ORDER BY 1"))
            .ShouldBe(["founders-friend", "professional", "starter", "team", "trial"]);
        Endpoint(stripe)["enabled_events"]!.AsArray().Select(e => (string)e!).ShouldBe(Host.Routing.Routes.Types, ignoreOrder: true);
        rows[^1].Happened.ShouldBe("updated");

        var (posts, audited) = (Posts(stripe), await journey.CountAsync("audit_logs"));
        (code, text, rows) = await SetupTable.RunAsync(journey, "stripe");
        code.ShouldBe(0, text);
        rows.ShouldAllBe(r => r.Happened == "unchanged", text);
        (Posts(stripe), await journey.CountAsync("audit_logs")).ShouldBe((posts, audited));
    }

    [Fact]
    public async Task A_webhook_endpoint_is_made_once_and_its_secret_told_once_and_without_an_address_there_is_none()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        var elsewhere = new Dictionary<string, string?> { ["Access__PublicOrigin"] = "https://billing.example.com", ["STRIPE_WEBHOOK_SECRET"] = null };
        journey.World.Stripe.ApiTakes = TimeSpan.FromMilliseconds(30);
        var runs = await Task.WhenAll(SetupTable.RunAsync(journey, "stripe", elsewhere), SetupTable.RunAsync(journey, "stripe", elsewhere));
        runs.ShouldAllBe(r => r.Code == 0, string.Join('\n', runs.Select(r => r.Text)));
        runs.ShouldContain(r => r.Text.Contains("Set Stripe__WebhookSecret to whsec_", StringComparison.Ordinal));
        journey.World.Stripe.Journal.Where(e => e is { Method: "POST", Path: "/v1/webhook_endpoints" }).ShouldAllBe(e => e.IdempotencyKey!.StartsWith("setup-", StringComparison.Ordinal));
        var made = JsonNode.Parse(await EndpointsAsync(journey))!["data"]!.AsArray().Where(e => (string?)e!["url"] == "https://billing.example.com/webhooks/stripe").ToList();
        ((string?)made.ShouldHaveSingleItem("two at once")!["api_version"]).ShouldBe(BillingMonolith.Host.Neighbours.GuardedStripeClient.Version);

        var again = await SetupTable.RunAsync(journey, "stripe", elsewhere);
        (again.Code, again.Rows[^1].What, again.Rows[^1].Happened).ShouldBe((0, "webhook endpoint", "unchanged"), again.Text);
        again.Text.ShouldNotContain("whsec_");

        elsewhere["Access__PublicOrigin"] = "";
        var without = await SetupTable.RunAsync(journey, "stripe", elsewhere);
        without.Code.ShouldBe(1, without.Text);
        without.Rows[^1].Happened.ShouldContain("Access__PublicOrigin");
    }

    [Fact]
    public async Task An_endpoint_of_an_older_version_goes_on_until_its_successor_has_delivered()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var address = new Dictionary<string, string?> { ["Access__PublicOrigin"] = "http://127.0.0.1:1" }; // nobody answers there
        journey.World.Stripe.AddWebhookEndpoint("http://127.0.0.1:1/order/stripe-webhook", StripeRendering.Clover);

        var first = await SetupTable.RunAsync(journey, "stripe", address);
        first.Code.ShouldBe(1, "the older endpoint is left for another run");
        first.Text.ShouldContain("Add whsec_");
        first.Rows.TakeLast(2).Select(r => (r.What, r.Happened.Split(' ')[0])).ShouldBe(
            [("webhook endpoint", "created"), ("webhook endpoint of API version 2025-11-17.clover", "goes")], first.Text);

        var secret = first.Text[first.Text.IndexOf("whsec_", StringComparison.Ordinal)..].Split(' ')[0];
        await DeliverAsync("evt_older", StripeRendering.Clover);
        await DeliverAsync("evt_listed", StripeRendering.Endive);
        await journey.ExecuteAsync("INSERT INTO audit_logs (action, resource_type, resource_id, cause, result) VALUES ('event.ingested', 'event', 'evt_listed', 'reconcile:1', 'success')");
        var second = await SetupTable.RunAsync(journey, "stripe", address);
        (second.Code, second.Rows[^1].Happened.Split(' ')[0]).ShouldBe((1, "goes"), second.Text);
        second.Text.ShouldNotContain("whsec_");

        await DeliverAsync("evt_new", StripeRendering.Endive); // it may have come by an endpoint that sends in the account's version
        (await SetupTable.RunAsync(journey, "stripe", address)).Code.ShouldBe(1, "its secret is not set: each of its deliveries would be refused");
        address["STRIPE_WEBHOOK_SECRET"] = $"{journey.World.WebhookSecret},{secret}";
        await DisableAsync(true);
        (await SetupTable.RunAsync(journey, "stripe", address)).Code.ShouldBe(1, "the older one is the last that delivers");
        await DisableAsync(false);
        var rehearsed = await SetupTable.RunAsync(journey, "stripe --dry-run", address);
        rehearsed.Text.ShouldNotContain("taken out", customMessage: "nothing was done");
        var third = await SetupTable.RunAsync(journey, "stripe", address);
        (third.Code, third.Rows[^1].Happened).ShouldBe((0, "disabled"), third.Text);
        JsonNode.Parse(await EndpointsAsync(journey))!["data"]!.AsArray().Where(e => ((string)e!["url"]!).StartsWith("http://127.0.0.1:1/", StringComparison.Ordinal))
            .Select(e => ((string?)e!["api_version"], (string?)e["status"])).ShouldBe([(StripeRendering.Endive, "enabled"), (StripeRendering.Clover, "disabled")], ignoreOrder: true);
        var fourth = await SetupTable.RunAsync(journey, "stripe", address);
        (fourth.Code, fourth.Rows[^1].Happened).ShouldBe((0, "unchanged"), fourth.Text);

        async Task DisableAsync(bool disabled)
        {
            var id = (string)JsonNode.Parse(await EndpointsAsync(journey))!["data"]!.AsArray().Single(e =>
                ((string)e!["url"]!).StartsWith("http://127.0.0.1:1/", StringComparison.Ordinal) && (string?)e["api_version"] == StripeRendering.Endive)!["id"]!;
            using var browser = new Browser();
            await browser.OnceAsync(HttpMethod.Post, $"{journey.World.Stripe.Url}/v1/webhook_endpoints/{id}",
                new FormUrlEncodedContent([KeyValuePair.Create("disabled", disabled ? "true" : "false")]), ("Authorization", $"Bearer {journey.World.Stripe.ApiKey}"));
        }

        async Task DeliverAsync(string id, string version) => (await journey.SendAsync(
            $$"""{"id":"{{id}}","object":"event","type":"product.updated","api_version":"{{version}}","created":1766167913,"livemode":false,"data":{"object":{} } }"""))
            .Status.ShouldBe(System.Net.HttpStatusCode.OK);
    }

    [Fact]
    public async Task Lago_gets_the_plans_that_it_lacks_and_what_it_bills_otherwise_is_told_and_left()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        await journey.ExecuteAsync("""
            UPDATE billing_tiers SET lago_plan_monthly = 'starter-2', lago_plan_yearly = 'starter-2_yearly' WHERE id = 'starter';
            UPDATE billing_tiers SET lago_plan_monthly = 'off' WHERE id = 'enterprise';
            UPDATE billing_tiers SET active = false WHERE id = 'enterprise';
            """);
        var lago = journey.World.Lago;
        var rehearsed = await SetupTable.RunAsync(journey, "lago --dry-run");
        (rehearsed.Code, Posts(lago)).ShouldBe((0, 0), rehearsed.Text);
        rehearsed.Rows.ShouldContain(new SetupTable.Row("plan starter-2_yearly (tier starter)", "19000 USD yearly", "-", "would be created"), rehearsed.Text);

        var (code, text, rows) = await SetupTable.RunAsync(journey, "lago");
        code.ShouldBe(0, text);
        rows.Where(r => r.Happened == "created").Select(r => r.What).ShouldBe(["plan starter-2 (tier starter)", "plan starter-2_yearly (tier starter)"], text);
        rows.Count.ShouldBe(7, text);
        journey.World.Stripe.Journal.Where(e => e is { Method: "POST", Path: "/v1/webhook_endpoints" }).ShouldAllBe(e => e.IdempotencyKey!.StartsWith("setup-", StringComparison.Ordinal));
        var made = JsonNode.Parse(lago.Journal.Last(e => e.Method == "POST").Body)!["plan"]!;
        ((string?)made["name"], (string?)made["interval"], (long?)made["amount_cents"], (string?)made["amount_currency"], (bool?)made["pay_in_advance"])
            .ShouldBe(("Starter (yearly)", "yearly", 19000, "USD", true));
        (await journey.RowsAsync<string>("SELECT resource_id FROM audit_logs WHERE action = 'admin.lago_plan.create' ORDER BY 1")).ShouldBe(["starter-2", "starter-2_yearly"]);

        await journey.ExecuteAsync("UPDATE billing_tier_prices SET amount_minor = 5900 WHERE tier_id = 'professional' AND cycle = 'monthly'");
        (code, text, rows) = await SetupTable.RunAsync(journey, "lago");
        code.ShouldBe(1, text);
        rows.Where(r => r.Happened != "unchanged").ShouldHaveSingleItem(text).Happened.ShouldStartWith("Lago bills 4900 USD monthly");
        Posts(lago).ShouldBe(2, "nothing there is changed");

        lago.GoDown();
        (code, text, _) = await SetupTable.RunAsync(journey, "lago");
        code.ShouldBe(1, text);
        text.ShouldContain("Lago could not be set up");
        text.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task The_realm_gets_attributes_a_claim_and_roles_and_keeps_all_else()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        var keycloak = journey.World.Keycloak;
        keycloak.DeclareSubscriptionAttributes = false;
        var profile = keycloak.Profile;
        profile["attributes"]!.AsArray().Add(JsonNode.Parse("""
            {"name":"subscription_tier","displayName":"Tier <&> Stufe","validations":{"length":{"max":40}},"annotations":{"a":1.50},"permissions":{"view":["user","admin"],"edit":["admin","user"]}}
            """));
        profile["attributes"]!.AsArray().Add(JsonNode.Parse("""{"name":"Größe \"x\"","annotations":{"n":1.50,"e":1e3},"permissions":{"view":["admin"],"edit":["user"]}}"""));
        profile["unmanagedAttributePolicy"] = "ADMIN_VIEW";
        keycloak.Profile = profile;
        var settings = new Dictionary<string, string?> { ["Access__AdminRole"] = "boss" };

        var rehearsed = await SetupTable.RunAsync(journey, "keycloak --dry-run", settings);
        (rehearsed.Code, rehearsed.Rows[0].Happened, Writes(keycloak)).ShouldBe((0, "would be updated", 0), rehearsed.Text);

        var (code, text, rows) = await SetupTable.RunAsync(journey, "keycloak", settings);
        code.ShouldBe(0, text);
        rows.Select(r => $"{r.What}: {r.Happened}").ShouldBe(
        [
            "attribute subscription_tier: updated", "attribute subscription_status: created", "attribute stripe_customer_id: created",
            "attribute stripe_subscription_id: created", "attribute subscription_start_date: created", "attribute subscription_end_date: created",
            "claim subscription_tier: created", "realm role boss: created", "realm role billing-operator: unchanged",
            "role view-users of the service account: unchanged", "role manage-users of the service account: unchanged",
        ], text);
        var after = keycloak.Profile;
        foreach (var other in profile["attributes"]!.AsArray().Where(a => (string?)a!["name"] != "subscription_tier"))
            after["attributes"]!.AsArray().Single(a => (string?)a!["name"] == (string?)other!["name"])!.ToJsonString().ShouldBe(WithDefault(other!));
        (after["groups"]!.ToJsonString(), (string?)after["unmanagedAttributePolicy"]).ShouldBe((profile["groups"]!.ToJsonString(), "ADMIN_VIEW"));
        var tier = after["attributes"]!.AsArray().Single(a => (string?)a!["name"] == "subscription_tier")!;
        (tier["displayName"]!.ToString(), tier["permissions"]!.ToJsonString()).ShouldBe(("Tier <&> Stufe", """{"view":["user","admin"],"edit":["admin"]}"""));
        ((string?)keycloak.Mappers.ShouldHaveSingleItem()["config"]!["claim.name"]).ShouldBe("subscription_tier");
        keycloak.RealmRoles.ShouldContain("boss");
        (await journey.CountAsync("audit_logs WHERE action = 'admin.realm.set_up' AND resource_id = 'demo'")).ShouldBe(1);

        var writes = Writes(keycloak);
        (code, text, rows) = await SetupTable.RunAsync(journey, "keycloak", settings);
        code.ShouldBe(0, text);
        rows.ShouldAllBe(r => r.Happened == "unchanged", text);
        (Writes(keycloak), await journey.CountAsync("audit_logs")).ShouldBe((writes, 1));
    }

    [Fact]
    public async Task All_of_it_is_one_command_and_a_live_key_stops_Stripe_alone()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        var (code, text, rows) = await SetupTable.RunAsync(journey, "all", new() { ["STRIPE_SECRET_KEY"] = "sk_live_canary" });
        code.ShouldBe(1, text);
        text.ShouldContain("Add --live");
        text.ShouldNotContain("canary");
        journey.World.Stripe.Journal.ShouldBeEmpty();
        rows.Select(r => r.What).ShouldContain("plan professional_yearly (tier professional)", text);
        rows.Select(r => r.What).ShouldContain("realm role billing-admin", text);
    }

    // The realm writes this member on whatever it takes.
    private static string WithDefault(JsonNode attribute)
    {
        attribute.AsObject().TryAdd("multivalued", false);
        return attribute.ToJsonString();
    }

    private static int Posts(StandIn standIn) => standIn.Journal.Count(e => e.Method == "POST");

    private static int Writes(StandIn keycloak) => keycloak.Journal.Count(e => e.Method is not "GET" && !e.Path.EndsWith("/token", StringComparison.Ordinal));

    private static Task<List<string>> TiersAsync(Journey journey) =>
        journey.RowsAsync<string>("SELECT t::text || p::text FROM billing_tiers t JOIN billing_tier_prices p ON p.tier_id = t.id ORDER BY 1");

    private static JsonNode Endpoint(StripeStandIn stripe) => stripe.Read(stripe.Journal.Where(e => e.Path.StartsWith("/v1/webhook_endpoints/we_", StringComparison.Ordinal))
        .Select(e => e.Path.Split('/')[^1]).Last());

    private static async Task<string> EndpointsAsync(Journey journey)
    {
        using var browser = new Browser();
        return (await browser.OnceAsync(HttpMethod.Get, $"{journey.World.Stripe.Url}/v1/webhook_endpoints?limit=100", content: null,
            ("Authorization", $"Bearer {journey.World.Stripe.ApiKey}"))).Body;
    }
}
