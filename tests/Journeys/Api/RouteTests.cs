using System.Text.Json;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Specs.HostRoom.Api;
using Dapper;

namespace BillingMonolith.Journeys.Api;

/// <summary>What the routes do behind their doors; who may enter is a matter of the access tests.</summary>
public sealed class RouteTests(Cluster cluster)
{
    private const string Admin = "0a6f1a3e-5b0e-4c7b-9a77-2f1c6d1e0001:billing-admin";
    private const string Operator = "olga:billing-operator";
    private const string Grants = "/api/v1/billing/credits/admin/grants";

    [Fact]
    public async Task A_grant_is_made_once_audited_with_who_and_why_and_replayed_with_a_header()
    {
        await using var hosts = await TwoHosts.CreateAsync(cluster);
        var api = new Client(await hosts.ListenAsync());
        var body = $$"""{"user_id":"{{Journey.Ada.Id}}","credits":25,"reason":"goodwill","expires_at":"2099-01-01T00:00:00Z"}""";

        var first = await api.PostAsync(Grants, body, Admin, key: "k-1");
        first.Status.ShouldBe(201, first.Body);
        var granted = JsonElement.Parse(first.Body);
        granted.EnumerateObject().Select(m => m.Name).ShouldBe(["transaction_id", "user_id", "credits", "balance"]);
        granted.GetProperty("balance").GetInt64().ShouldBe(25);
        first.Replayed.ShouldBeFalse();

        var again = await api.PostAsync(Grants, body, Admin, key: "k-1");
        (again.Status, again.Body, again.Replayed).ShouldBe((201, first.Body, true));
        (await api.PostAsync(Grants, body.Replace(":25", ":26", StringComparison.Ordinal), Admin, key: "k-1")).Status.ShouldBe(422);
        (await api.PostAsync(Grants, body, Admin, key: null)).Error.ShouldBe("idempotency-key-required");
        (await api.PostAsync(Grants, body, Admin, key: new string('k', 256))).Error.ShouldBe("idempotency-key-required");
        (await api.PostAsync(Grants, body.Replace(Journey.Ada.Id, "nobody", StringComparison.Ordinal), Admin, key: "k-2")).Error.ShouldBe("user-not-found");
        (await api.PostAsync(Grants, body.Replace(":25", ":0", StringComparison.Ordinal), Admin, key: "k-2")).Error.ShouldBe("invalid-input");

        (await hosts.Journey.RowsAsync<string>("""
            SELECT concat_ws(' ', username, host(ip_address), user_agent, metadata->>'reason', metadata->>'by', user_id) FROM audit_logs WHERE action = 'credit.allocate'
            """)).ShouldBe([$"name-of-{Admin.Split(':')[0]} 127.0.0.1 {new string('a', 300)} goodwill {Admin.Split(':')[0]} {Journey.Ada.Id}"]);
        await Oracles.HoldAsync(hosts.Journey);
    }

    [Fact]
    public async Task Parked_steps_come_in_pages_and_can_be_opened_again()
    {
        await using var hosts = await TwoHosts.CreateAsync(cluster);
        await using (var owner = await hosts.Journey.Db.OpenConnectionAsync())
            await owner.ExecuteAsync("""
                INSERT INTO inbox_events (id, type, payload, routed) SELECT 'evt_' || i, 'checkout.session.completed', '{}', true FROM generate_series(1, 5) i;
                INSERT INTO inbox_steps (event_id, command, lane, attempts, outcome, completed_at, last_error)
                SELECT 'evt_' || i, 'route', 'local', 1, 'parked', now(), 'because ' || i FROM generate_series(1, 5) i; -- all in the same instant
                """);
        var api = new Client(await hosts.ListenAsync());
        var (seen, cursor) = (new List<string>(), (string?)null);
        do
        {
            var address = "/api/v1/admin/events?state=parked&limit=2" + (cursor is null ? "" : $"&cursor={cursor}");
            var page = JsonElement.Parse((await api.GetAsync(address, Operator)).Body);
            seen.AddRange(page.GetProperty("events").EnumerateArray().Select(e => $"{e.GetProperty("event_id")}: {e.GetProperty("reason")}"));
            cursor = page.GetProperty("next_cursor").GetString();
        }
        while (cursor is not null);
        seen.ShouldBe(["evt_5: because 5", "evt_4: because 4", "evt_3: because 3", "evt_2: because 2", "evt_1: because 1"]);

        foreach (var wrong in (string[])["limit=0", "limit=201", "limit=1000000000", "limit=x", "cursor=forged", "state=done"])
            (await api.GetAsync($"/api/v1/admin/events?{wrong}", Operator)).Error.ShouldBe("invalid-input", wrong);
        (await api.PostAsync("/api/v1/admin/events/evt_1/replay", json: null, Operator)).Body.ShouldBe("""{"reopened":1}""");
        (await api.PostAsync("/api/v1/admin/events/evt_1/replay", json: null, Operator)).Error.ShouldBe("nothing-to-replay");
        (await api.PostAsync("/api/v1/admin/events/evt_none/replay", json: null, Operator)).Status.ShouldBe(404);
        (await hosts.Journey.RowsAsync<string>("SELECT metadata->>'by' || ' ' || username FROM audit_logs WHERE action = 'webhook.replayed'")).ShouldBe(["olga name-of-olga"]);
    }

    [Fact]
    public async Task A_customer_is_linked_to_a_user_that_exists_and_stays_his()
    {
        await using var hosts = await TwoHosts.CreateAsync(cluster);
        var api = new Client(await hosts.ListenAsync());
        const string Path = "/api/v1/admin/customers/cus_1/link";
        (await api.PostAsync(Path, """{"user_id":"nobody"}""", Operator)).Error.ShouldBe("user-not-found");
        (await api.PostAsync(Path, $$"""{"user_id":"{{Journey.Ada.Id}}"}""", Operator)).Body.ShouldBe($$"""{"customer_id":"cus_1","user_id":"{{Journey.Ada.Id}}"}""");
        (await api.PostAsync(Path, $$"""{"user_id":"{{Journey.Ada.Id}}"}""", Operator)).Status.ShouldBe(200, "again");
        var taken = await api.PostAsync(Path, $$"""{"user_id":"{{Journey.Grace.Id}}"}""", Operator);
        (taken.Status, taken.Error).ShouldBe((409, "customer-linked"));
        (await hosts.Journey.CountAsync("audit_logs WHERE action = 'customer.linked'")).ShouldBe(1);
    }

    [Fact]
    public async Task The_audit_log_is_filtered_paged_and_exported_without_formulas()
    {
        await using var hosts = await TwoHosts.CreateAsync(cluster, change: null, "--Limits:ApiPerMinute=1000");
        await using (var owner = await hosts.Journey.Db.OpenConnectionAsync())
            await owner.ExecuteAsync("""
                INSERT INTO audit_logs (action, resource_type, resource_id, cause, user_id, username, ip_address, result, error_message, timestamp)
                SELECT 'a.done', 'thing', i::text, 'c', 'u1', NULL, NULL, 'success', NULL, '2026-01-01Z' FROM generate_series(1, 2100) i;
                INSERT INTO audit_logs (action, resource_type, resource_id, cause, user_id, username, ip_address, result, error_message, timestamp)
                VALUES ('b.done', 'other', '1', 'c', 'u2', 'anna', '10.0.0.7', 'failure', '=1+1', '2026-02-01Z');
                """);
        var api = new Client(await hosts.ListenAsync());
        foreach (var (filter, total) in new (string, int)[]
        {
            ("", 2101), ("user=u2", 1), ("user=anna", 1), ("user=u3", 0), ("action=a.done", 2100), ("resource=thing", 2100), ("resource=thing:7", 1), ("resource=other:7", 0),
            ("result=failure", 1), ("ip=10.0.0.7", 1), ("ip=10.0.0.8", 0), ("from=2026-01-15T00:00:00Z", 1), ("to=2026-01-15T00:00:00Z", 2100),
            ("from=2026-01-15T00:00:00Z&to=2026-01-16T00:00:00Z", 0), ("user=u1&action=b.done", 0),
        })
        {
            (await TotalAsync(api, filter)).ShouldBe(total, filter);
        }

        foreach (var wrong in (string[])["limit=0", "limit=1000000000", "offset=-1", "cursor=forged", "result=fine", "ip=home", "from=soon", "format=xml",
            "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "user=%00"])
            (await api.GetAsync($"/api/v1/admin/audit-log?{wrong}", Admin)).Error.ShouldBe("invalid-input", wrong);

        var page = JsonElement.Parse((await api.GetAsync("/api/v1/admin/audit-log?limit=2", Admin)).Body);
        page.EnumerateObject().Select(m => m.Name).ShouldBe(["total", "offset", "limit", "logs", "next_cursor"]);
        var next = JsonElement.Parse((await api.GetAsync($"/api/v1/admin/audit-log?limit=2&cursor={page.GetProperty("next_cursor")}", Admin)).Body);
        page.GetProperty("logs").EnumerateArray().Concat(next.GetProperty("logs").EnumerateArray()).Select(l => l.GetProperty("resource_id").GetString())
            .ShouldBe(["1", "2100", "2099", "2098"]);

        var csv = await api.GetAsync("/api/v1/admin/audit-log?format=csv", Admin);
        csv.Type.ShouldBe("text/csv");
        var lines = csv.Body.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(2102, "a head and every entry, over several pages");
        lines[1].ShouldContain(",'=1+1,");
    }

    [Fact]
    public async Task A_denial_at_an_operators_door_is_audited_and_one_at_a_users_is_not()
    {
        await using var hosts = await TwoHosts.CreateAsync(cluster);
        var api = new Client(await hosts.ListenAsync());
        (await api.GetAsync("/api/v1/admin/audit-log", Operator)).Error.ShouldBe("forbidden");
        (await api.PostAsync("/api/v1/admin/events/evt_1/replay", json: null, "ada")).Status.ShouldBe(403);
        (await api.GetAsync("/api/v1/admin/audit-log", caller: null)).Error.ShouldBe("not-authenticated");
        (await hosts.Journey.RowsAsync<string>("SELECT concat_ws(' ', action, result, user_id, resource_id) FROM audit_logs ORDER BY id")).ShouldBe(
        [
            "access.denied denied olga GET /api/v1/admin/audit-log",
            "access.denied denied ada POST /api/v1/admin/events/{id}/replay",
        ]);
    }

    private static async Task<long> TotalAsync(Client api, string filter) =>
        JsonElement.Parse((await api.GetAsync($"/api/v1/admin/audit-log?{filter}", Admin)).Body).GetProperty("total").GetInt64();

    private sealed class Client(string address)
    {
        private static readonly HttpMessageInvoker Http = new(new SocketsHttpHandler());

        public Task<Reply> GetAsync(string path, string? caller) => SendAsync(HttpMethod.Get, path, caller, key: null, content: null);

        public Task<Reply> PostAsync(string path, string? json, string? caller, string? key = null) =>
            SendAsync(HttpMethod.Post, path, caller, key, json is null ? null : new StringContent(json, System.Text.Encoding.UTF8, "application/json"));

        private async Task<Reply> SendAsync(HttpMethod method, string path, string? caller, string? key, HttpContent? content)
        {
            using var request = new HttpRequestMessage(method, address + path) { Content = content };
            request.Headers.TryAddWithoutValidation("User-Agent", new string('a', 400));
            if (caller is not null) request.Headers.Add(TestCaller.Header, caller);
            if (key is not null) request.Headers.Add("Idempotency-Key", key);
            using var answer = await Http.SendAsync(request, CancellationToken.None);
            return new Reply((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType, await answer.Content.ReadAsStringAsync(),
                answer.Headers.Contains("Idempotent-Replayed"));
        }
    }

    private sealed record Reply(int Status, string? Type, string Body, bool Replayed)
    {
        public string? Error => Type == "application/problem+json" ? JsonElement.Parse(Body).GetProperty("error").GetString() : $"{Status} {Type}";
    }
}
