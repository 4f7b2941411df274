using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;

namespace BillingMonolith.Journeys.Crashes;

/// <summary>A step that a newer version wrote is left to that version, whatever happens: it never ends as ignored.</summary>
public sealed class NewerStepTests(Cluster cluster)
{
    private const string Unknown = "billing.mirror-subscription";

    [Theory]
    [InlineData("local")]
    [InlineData("remote")]
    public async Task A_step_of_an_unknown_kind_stays_open_is_reported_parked_and_opened_again_by_a_host_that_knows_it(string lane)
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2);
        var bought = Crowd.Plan(journey.World, Journey.Ada);
        await Crowd.PostAsync(journey, bought);
        await journey.SettleAsync();
        await WriteAsync(journey, bought.EventId, Unknown, lane, version: 0);

        // Another event is carried out, by workers that saw the unknown step and were not kept by it.
        await Crowd.PostAsync(journey, Crowd.Pack(journey.World, Journey.Grace));
        await Journey.UntilAsync(async () => await journey.BalanceAsync(Journey.Grace.Id) == Crowd.PackCredits, "the pack is granted");
        (await StepAsync(journey, Unknown)).ShouldBe((null, 0, null));

        // A newer host has tried it, and is gone.
        await journey.ExecuteAsync(
            "UPDATE inbox_steps SET next_attempt_at = now() - interval '11 minutes', attempts = 3, last_error = @error WHERE command = @Unknown",
            new { Unknown, error = lane == "local" ? "it failed" : null });
        await Journey.UntilAsync(() => journey.World.Host.Log.Any(l => l.Contains($"1 of {Unknown}", StringComparison.Ordinal)), "it is reported");
        (await journey.World.Host.GetAsync("/health/ready", token: null)).Body.ShouldContain("degraded");

        await journey.ExecuteAsync("UPDATE inbox_steps SET next_attempt_at = now() - interval '25 hours' WHERE command = @Unknown", new { Unknown });
        await Journey.UntilAsync(async () => (await StepAsync(journey, Unknown)).Outcome == "parked", "it is parked");
        (await StepAsync(journey, Unknown)).Reason!.ShouldStartWith("It needs a newer host");
        (await journey.CountAsync("audit_logs WHERE action = 'webhook.parked' AND resource_id = @EventId", bought)).ShouldBe(1);

        // The newer host comes: it knows the step, here because it is stored under a former name of one that is known.
        await journey.ExecuteAsync("UPDATE inbox_steps SET command = 'SetTier' WHERE command = @Unknown", new { Unknown });
        await Journey.UntilAsync(async () => (await StepAsync(journey, "SetTier")).Outcome == "done", "it is carried out");
        (await journey.CountAsync("audit_logs WHERE action = 'webhook.replayed' AND resource_id = @EventId", bought)).ShouldBe(1);
        await Oracles.HoldAsync(journey);
    }

    [Theory]
    [InlineData("identity.set-tier", 99)] // a newer version lets the event lead to it
    [InlineData("credits.grant-allowance", 99)]
    public async Task A_known_step_that_a_newer_version_lets_follow_waits_for_it(string kind, int version)
    {
        await using var journey = await Journey.StartAsync(cluster);
        var bought = Crowd.Pack(journey.World, Journey.Ada);
        await Crowd.PostAsync(journey, bought);
        await journey.SettleAsync();
        await WriteAsync(journey, bought.EventId, kind, "local", version);
        (await StepAsync(journey, kind)).ShouldBe((null, 0, null)); // a newer host comes first
        await journey.ExecuteAsync("UPDATE inbox_steps SET next_attempt_at = now() - interval '2 minutes' WHERE command = @kind", new { kind });

        await Journey.UntilAsync(
            async () => await StepAsync(journey, kind) is { Outcome: null, Attempts: 1, Reason: { } said } && said.Contains("was written by a newer version"),
            "it is tried, and left with the reason");
    }

    [Fact]
    public async Task An_event_that_a_newer_version_routes_is_left_to_it()
    {
        await using var journey = await Journey.StartAsync(cluster);
        await journey.ExecuteAsync("""
            INSERT INTO inbox_events (id, type, payload, routed)
            SELECT 'evt_new', 'customer.created', convert_to(@body, 'UTF8'), true;
            INSERT INTO inbox_steps (event_id, command, lane, plan_version, next_attempt_at) VALUES ('evt_new', 'route', 'local', 99, now() - interval '2 minutes')
            """, new
        {
            body = """
                {"id":"evt_new","object":"event","type":"customer.created","created":1795000000,"livemode":false,"data":{"object":{"id":"cus_1","object":"customer"}}}
                """,
        });
        await Journey.UntilAsync(
            async () => await StepAsync(journey, "route") is { Outcome: null, Attempts: 1, Reason: { } said } && said.Contains("was written by a newer version"),
            "it is tried, and left with the reason");
    }

    [Fact]
    public async Task A_known_step_that_follows_no_more_ends_and_says_so()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var bought = Crowd.Pack(journey.World, Journey.Ada);
        await Crowd.PostAsync(journey, bought);
        await journey.SettleAsync();
        await WriteAsync(journey, bought.EventId, "identity.set-tier", "local", version: 0);
        await journey.SettleAsync();
        (await StepAsync(journey, "identity.set-tier")).ShouldBe(("ignored", 1, "No longer a route of this event."));
    }

    private static Task WriteAsync(Journey journey, string eventId, string kind, string lane, int version) => journey.ExecuteAsync(
        "INSERT INTO inbox_steps (event_id, command, lane, plan_version) VALUES (@eventId, @kind, @lane, @version)", new { eventId, kind, lane, version });

    private static async Task<(string? Outcome, int Attempts, string? Reason)> StepAsync(Journey journey, string kind) =>
        (await journey.RowsAsync<(string?, int, string?)>("SELECT outcome, attempts, last_error FROM inbox_steps WHERE command = @kind", new { kind })).Single();
}
