using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox;
using Microsoft.AspNetCore.Http;

namespace BillingMonolith.Journeys.Subscriptions;

/// <summary>A neighbour is down, slow, confused or says no: what it does not concern goes on, and the rest heals by itself or waits for a person.</summary>
public sealed class NeighbourFaultTests(Cluster cluster)
{
    private const string Exists = """{"status":422,"error":"Unprocessable Entity","code":"validation_errors","error_details":{"external_id":["value_already_exist"]}}""";

    public static TheoryData<string, string> EveryPassingFault()
    {
        var data = new TheoryData<string, string>();
        foreach (var neighbour in (string[])["Lago", "Keycloak"])
        {
            foreach (var fault in (string[])["500", "502 of a proxy", "429", "cut JSON", "JSON of something else", "too much", "a redirect", "reset before", "reset after it applied", "slow"])
                data.Add(neighbour, fault);
        }

        return data;
    }

    [Theory]
    [InlineData("Lago")]
    [InlineData("Keycloak")]
    public async Task One_neighbour_down_holds_up_neither_the_other_nor_the_credits_and_heals_by_itself(string down)
    {
        await using var journey = await Journey.StartAsync(cluster);
        var (broken, step) = down == "Lago" ? ((StandIn)journey.World.Lago, "billing.sync-subscription") : (journey.World.Keycloak, "identity.set-tier");
        broken.GoDown();
        var completed = await BuyAsync(journey);

        await Journey.UntilAsync(async () => await journey.CountAsync("inbox_steps WHERE outcome = 'done' AND command <> 'route'") == 2, "the others are done");
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(60, "the credits do not wait");
        if (down == "Lago") journey.TierOf(Journey.Ada.Id).ShouldBe("professional");
        else journey.World.Lago.Subscriptions(Journey.Ada.Id).Single().PlanCode.ShouldBe("professional");
        await Journey.UntilAsync(async () => await journey.CountAsync("inbox_steps WHERE command = @step AND outcome IS NULL AND last_error <> ''", new { step }) == 1, "its step waits");
        (await journey.StateAsync(completed)).ShouldBe("open");

        broken.Heal();
        await AllIsWellAsync(journey);
    }

    [Fact]
    public async Task With_stripe_s_api_out_of_reach_the_event_itself_is_carried_out()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new() { ["Inbox__PayloadFallbackAttempt"] = "2" });
        journey.World.Stripe.GoDown();
        await BuyAsync(journey);
        await AllIsWellAsync(journey);
    }

    [Theory]
    [MemberData(nameof(EveryPassingFault))]
    public async Task What_passes_by_waiting_is_waited_for_and_leaves_one_effect(string neighbour, string fault)
    {
        await using var journey = await Journey.StartAsync(cluster, settings: fault == "slow" ? new() { ["Inbox__LeaseSeconds"] = "2" } : null);
        foreach (var method in (string[])["GET", "POST", "PUT"])
        {
            if (neighbour == "Lago") journey.World.Lago.Add(Named(fault, method, "/api/v1"));
            else journey.World.Keycloak.Add(Named(fault, method, method == "POST" ? "/realms" : "/admin"));
        }

        await BuyAsync(journey);
        await AllIsWellAsync(journey);
    }

    [Fact]
    public async Task A_neighbour_that_says_when_to_come_again_is_not_called_before()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new() { ["Inbox__MaxDelaySeconds"] = "10" });
        journey.World.Lago.Add(new Fault(_ => true, 1) { Status = 429, Headers = { ["Retry-After"] = "1" } });
        journey.World.Keycloak.Add(new Fault(r => Is(r, "PUT", "/admin"), 1) { Status = 503, Headers = { ["Retry-After"] = "3" } });
        await BuyAsync(journey);
        await AllIsWellAsync(journey);

        Pause(journey.World.Lago, 429).ShouldBeGreaterThan(TimeSpan.FromSeconds(0.9));
        Pause(journey.World.Keycloak, 503).ShouldBeGreaterThan(TimeSpan.FromSeconds(2.9));

        static TimeSpan Pause(StandIn neighbour, int status)
        {
            // The step's own next try: another step may look at the user meanwhile, and that is a courtesy.
            var later = neighbour.Journal.SkipWhile(e => e.Status != status).ToList();
            return later.Skip(1).First(e => e.Method == later[0].Method).At - later[0].At;
        }
    }

    [Fact]
    public async Task A_step_that_failed_is_tried_again_when_it_is_due_and_not_when_somebody_happens_to_look()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new() { ["Inbox__PollSeconds"] = "60" });
        journey.World.Lago.Add(new Fault(_ => true, 2) { Status = 401, Body = "{}" });
        await BuyAsync(journey);
        await AllIsWellAsync(journey);
    }

    [Fact]
    public async Task That_lago_has_our_subscription_already_is_success()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var (completed, id) = Hold(journey);
        // Between our look and our POST somebody is quicker; the answer is Lago's own word for it.
        journey.World.Lago.Add(new Fault(r => Is(r, "POST", "/api/v1/customers") && Quicker(() => _ = journey.World.Lago.SeedCustomer(Journey.Ada.Id, Journey.Ada.Email, "USD")), 1)
        {
            Status = 422, Body = Exists,
        });
        journey.World.Lago.Add(new Fault(r => Is(r, "POST", "/api/v1/subscriptions") && Quicker(() => journey.World.Lago.SeedSubscription(Journey.Ada.Id, id, "professional")), 1)
        {
            Status = 422, Body = Exists,
        });
        await journey.World.Stripe.ReleaseDeliveriesAsync([completed]);
        await AllIsWellAsync(journey);
    }

    [Fact]
    public async Task That_lago_has_it_under_another_customer_waits_for_a_person()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var (completed, id) = Hold(journey);
        journey.World.Lago.SeedSubscription("somebody-else", id, "starter");
        await journey.World.Stripe.ReleaseDeliveriesAsync([completed]);
        await journey.SettleAsync();

        (await journey.StateAsync(completed)).ShouldBe("parked");
        (await journey.ReasonAsync(completed))!.ShouldContain("under another customer (somebody-else)");
        journey.World.Lago.Subscriptions("somebody-else").Single().PlanCode.ShouldBe("starter", "it was left alone");
        journey.TierOf(Journey.Ada.Id).ShouldBe("professional", "the others go on");
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(60);
    }

    [Fact]
    public async Task A_realm_that_drops_our_attributes_without_a_word_is_seen_said_and_healed_by_declaring_them()
    {
        await using var journey = await Journey.StartAsync(cluster);
        journey.World.Keycloak.DeclareSubscriptionAttributes = false;
        var completed = await BuyAsync(journey);
        await Journey.UntilAsync(async () => await journey.ReasonAsync(completed) is { } reason && reason.Contains("subscription_tier", StringComparison.Ordinal), "it says so");
        (await journey.ReasonAsync(completed))!.ShouldContain("the realm's user profile does not declare them");
        (await journey.AuditedAsync("tier.changed")).ShouldBe(0, "204 is not done");

        journey.World.Keycloak.DeclareSubscriptionAttributes = true;
        await AllIsWellAsync(journey);
    }

    [Fact]
    public async Task An_administrator_s_edit_that_crosses_ours_is_kept_and_so_is_the_tier()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var stale = journey.World.Keycloak.Users.Single(u => u.Id == Journey.Ada.Id);
        // Her form was opened before our write and is saved after it, just before we read back: what we wrote is gone again.
        var (written, saved) = (false, false);
        journey.World.Keycloak.Add(new Fault(r => Is(r, "PUT", "/admin") && (written = true) && false, 1));
        journey.World.Keycloak.Add(new Fault(r => written && !saved && Is(r, "GET", "/admin") && (saved = true) && !Quicker(
            () => journey.World.Keycloak.EditAsAdministrator(Journey.Ada.Id, _ => stale with { FirstName = "Augusta" })), 1));
        await BuyAsync(journey);
        await journey.SettleAsync();

        saved.ShouldBeTrue();
        var user = journey.World.Keycloak.Users.Single(u => u.Id == Journey.Ada.Id);
        (user.FirstName, user["subscription_tier"]).ShouldBe(("Augusta", "professional"));
        await Oracles.HoldAsync(journey);
    }

    /// <summary>Buys a plan and delivers only the event of its session, so that each step has one event; answers that event.</summary>
    private static async Task<string> BuyAsync(Journey journey)
    {
        var (completed, _) = Hold(journey);
        await journey.World.Stripe.ReleaseDeliveriesAsync([completed]);
        return completed;
    }

    private static (string Completed, string Subscription) Hold(Journey journey)
    {
        journey.World.Stripe.HoldDeliveries();
        var id = journey.BuyPlan(Journey.Ada, "professional");
        return (journey.World.Stripe.Events.Single(e => e.Type == Buying.Completed).Id, id);
    }

    private static async Task AllIsWellAsync(Journey journey)
    {
        await journey.SettleAsync();
        (await journey.RowsAsync<string>("SELECT DISTINCT state FROM inbox_event_states")).ShouldBe(["done"]);
        journey.TierOf(Journey.Ada.Id).ShouldBe("professional");
        journey.World.Lago.Subscriptions(Journey.Ada.Id).Select(s => $"{s.PlanCode} {s.Status}").ShouldBe(["professional active"]);
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(60);
        (await journey.RowsAsync<string>("SELECT action FROM audit_logs ORDER BY action")).ShouldBe(["credit.allocate", "subscription.created", "tier.changed"]);
        await Oracles.HoldAsync(journey);
    }

    private static Fault Named(string fault, string method, string path)
    {
        var once = new Fault(r => Is(r, method, path), 1);
        return fault switch
        {
            "500" => once with { Status = 500, Body = """{"error":"unknown_error"}""" },
            "502 of a proxy" => once with { Status = 502, Body = "<html><h1>502 Bad Gateway</h1></html>", ContentType = "text/html" },
            "429" => once with { Status = 429, Headers = new() { ["Retry-After"] = "1" } },
            "cut JSON" => once with { Status = 200, Body = """{"customer":{"external_id":"7c9e66""" },
            // More than once: the first look only asks whether the user may exist.
            "JSON of something else" => once with { Times = 3, Status = 200, Body = """{"lago_id":5}""" },
            "too much" => once with { Times = 3, Status = 200, Body = new string(' ', 2_000_000) },
            "a redirect" => once with { Status = 302, Headers = new() { ["Location"] = "/" } },
            "reset before" => once with { ResetBefore = true },
            "reset after it applied" => once with { ResetAfterApplying = true },
            _ => once with { Delay = TimeSpan.FromSeconds(2) },
        };
    }

    private static bool Is(HttpRequest request, string method, string path) =>
        request.Method == method && request.Path.StartsWithSegments(path, StringComparison.Ordinal);

    private static bool Quicker(Action act)
    {
        act();
        return true;
    }
}
