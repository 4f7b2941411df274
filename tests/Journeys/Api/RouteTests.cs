using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Api;

/// <summary>What the routes do behind their doors; who may enter is a matter of the access tests.</summary>
public sealed class RouteTests(Cluster cluster)
{
    [Fact]
    public async Task Parked_steps_come_in_pages_and_can_be_opened_again()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 1, SignedIn.NoWorkers);
        await journey.ExecuteAsync("""
            INSERT INTO inbox_events (id, type, payload, routed) SELECT 'evt_' || i, 'checkout.session.completed', '{}', true FROM generate_series(1, 5) i;
            INSERT INTO inbox_steps (event_id, command, lane, attempts, outcome, completed_at, last_error)
            SELECT 'evt_' || i, 'route', 'local', 1, 'parked', now(), 'because ' || i FROM generate_series(1, 5) i; -- all in the same instant
            """);
        var (host, otto) = (journey.World.Host, journey.TokenOf(DemoUsers.Operator));
        var (seen, cursor) = (new List<string>(), (string?)null);
        do
        {
            var address = "/api/v1/admin/events?state=parked&limit=2" + (cursor is null ? "" : $"&cursor={cursor}");
            var page = (await host.GetAsync(address, otto)).Json;
            seen.AddRange(page.GetProperty("events").EnumerateArray().Select(e => $"{e.GetProperty("event_id")}: {e.GetProperty("reason")}"));
            cursor = page.GetProperty("next_cursor").GetString();
        }
        while (cursor is not null);
        seen.ShouldBe(["evt_5: because 5", "evt_4: because 4", "evt_3: because 3", "evt_2: because 2", "evt_1: because 1"]);

        foreach (var wrong in (string[])["limit=0", "limit=201", "limit=1000000000", "limit=x", "cursor=forged", "state=done"])
            (await host.GetAsync($"/api/v1/admin/events?{wrong}", otto)).Error().ShouldBe("invalid-input", wrong);
        (await host.PostAsync("/api/v1/admin/events/evt_1/replay", json: null, otto)).Body.ShouldBe("""{"reopened":1}""");
        (await host.PostAsync("/api/v1/admin/events/evt_1/replay", json: null, otto)).Error().ShouldBe("nothing-to-replay");
        (await host.PostAsync("/api/v1/admin/events/evt_none/replay", json: null, otto)).Status.ShouldBe(404);
        (await journey.RowsAsync<string>("SELECT metadata->>'by' || ' ' || username FROM audit_logs WHERE action = 'webhook.replayed'")).ShouldBe([$"{DemoUsers.Operator.Id} operator"]);
    }

    [Fact]
    public async Task A_customer_is_linked_to_a_user_that_exists_and_stays_his()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 1, SignedIn.NoWorkers);
        var (host, otto) = (journey.World.Host, journey.TokenOf(DemoUsers.Operator));
        const string Path = "/api/v1/admin/customers/cus_1/link";
        (await host.PostAsync(Path, """{"user_id":"nobody"}""", otto)).Error().ShouldBe("user-not-found");
        (await host.PostAsync(Path, $$"""{"user_id":"{{Journey.Ada.Id}}"}""", otto)).Body.ShouldBe($$"""{"customer_id":"cus_1","user_id":"{{Journey.Ada.Id}}"}""");
        (await host.PostAsync(Path, $$"""{"user_id":"{{Journey.Ada.Id}}"}""", otto)).Status.ShouldBe(200, "again");
        var taken = await host.PostAsync(Path, $$"""{"user_id":"{{Journey.Grace.Id}}"}""", otto);
        (taken.Status, taken.Error()).ShouldBe((409, "customer-linked"));
        (await journey.CountAsync("audit_logs WHERE action = 'customer.linked'")).ShouldBe(1);
    }

    [Fact]
    public async Task The_audit_log_is_filtered_paged_and_exported_without_formulas()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 1, new(SignedIn.NoWorkers) { ["Limits__ApiPerMinute"] = "1000" });
        await journey.ExecuteAsync("""
            INSERT INTO audit_logs (action, resource_type, resource_id, cause, user_id, username, ip_address, result, error_message, timestamp)
            SELECT 'a.done', 'thing', i::text, 'c', 'u1', NULL, NULL, 'success', NULL, '2026-01-01Z' FROM generate_series(1, 2100) i;
            INSERT INTO audit_logs (action, resource_type, resource_id, cause, user_id, username, ip_address, result, error_message, timestamp)
            VALUES ('b.done', 'other', '1', 'c', 'u2', 'anna', '10.0.0.7', 'failure', '=1+1', '2026-02-01Z');
            """);
        var (host, admin) = (journey.World.Host, journey.TokenOf(DemoUsers.Admin));
        foreach (var (filter, total) in new (string, int)[]
        {
            ("", 2101), ("user=u2", 1), ("user=anna", 1), ("user=u3", 0), ("action=a.done", 2100), ("resource=thing", 2100), ("resource=thing:7", 1), ("resource=other:7", 0),
            ("result=failure", 1), ("ip=10.0.0.7", 1), ("ip=10.0.0.8", 0), ("from=2026-01-15T00:00:00Z", 1), ("to=2026-01-15T00:00:00Z", 2100),
            ("from=2026-01-15T00:00:00Z&to=2026-01-16T00:00:00Z", 0), ("user=u1&action=b.done", 0),
        })
        {
            (await TotalAsync(host, admin, filter)).ShouldBe(total, filter);
        }

        foreach (var wrong in (string[])["limit=0", "limit=1000000000", "offset=-1", "cursor=forged", "result=fine", "ip=home", "from=soon", "format=xml",
            "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "user=%00"])
            (await host.GetAsync($"/api/v1/admin/audit-log?{wrong}", admin)).Error().ShouldBe("invalid-input", wrong);

        var page = (await host.GetAsync("/api/v1/admin/audit-log?limit=2", admin)).Json;
        page.EnumerateObject().Select(m => m.Name).ShouldBe(["total", "offset", "limit", "logs", "next_cursor"]);
        var next = (await host.GetAsync($"/api/v1/admin/audit-log?limit=2&cursor={page.GetProperty("next_cursor")}", admin)).Json;
        page.GetProperty("logs").EnumerateArray().Concat(next.GetProperty("logs").EnumerateArray()).Select(l => l.GetProperty("resource_id").GetString())
            .ShouldBe(["1", "2100", "2099", "2098"]);

        var csv = await host.GetAsync("/api/v1/admin/audit-log?format=csv", admin);
        csv.Headers["Content-Type"].ShouldStartWith("text/csv");
        var lines = csv.Body.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(2102, "a head and every entry, over several pages");
        lines[1].ShouldContain(",'=1+1,");
    }

    [Fact]
    public async Task A_denial_at_an_operators_door_is_audited_and_one_at_a_users_is_not()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 1, SignedIn.NoWorkers);
        var (host, otto) = (journey.World.Host, journey.TokenOf(DemoUsers.Operator));
        (await host.GetAsync("/api/v1/admin/audit-log", otto)).Error().ShouldBe("forbidden");
        (await host.PostAsync("/api/v1/admin/events/evt_1/replay", json: null, journey.TokenOf(DemoUsers.Buyer))).Status.ShouldBe(403);
        (await host.GetAsync("/api/v1/admin/audit-log", token: null)).Error().ShouldBe("not-authenticated");
        (await journey.RowsAsync<string>("SELECT concat_ws(' ', action, result, user_id, resource_id) FROM audit_logs ORDER BY id")).ShouldBe(
        [
            $"access.denied denied {DemoUsers.Operator.Id} GET /api/v1/admin/audit-log",
            $"access.denied denied {DemoUsers.Buyer.Id} POST /api/v1/admin/events/{{id}}/replay",
        ]);
    }

    private static async Task<long> TotalAsync(HostProcess host, string admin, string filter) =>
        (await host.GetAsync($"/api/v1/admin/audit-log?{filter}", admin)).Json.GetProperty("total").GetInt64();
}
