using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Spending;

/// <summary>Corrections by administrators, and those that take two of them.</summary>
public sealed class ApprovalTests(Cluster cluster)
{
    private const string Adjustments = $"{Wallet.Root}/admin/adjustments";
    private const string Grants = $"{Wallet.Root}/admin/grants";

    [Fact]
    public async Task An_adjustment_goes_up_as_a_lot_and_down_in_burn_order_all_or_nothing()
    {
        await using var journey = await Wallet.StartAsync(cluster);
        var (host, anna) = (journey.World.Host, journey.TokenOf(DemoUsers.Admin));
        var up = await host.PostAsync(Adjustments, Body(50), anna, "k-1");
        (up.Status, up.Number("credits"), up.Number("balance")).ShouldBe((201, 50, 50), up.Body);
        await journey.GiveAsync(10, "first", priority: 10);
        var down = await host.PostAsync(Adjustments, Body(-20), anna, "k-2");
        (down.Status, down.Number("credits"), down.Number("balance")).ShouldBe((201, -20, 40), down.Body);
        (await host.PostAsync(Adjustments, Body(-20), anna, "k-2")).Body.ShouldBe(down.Body);
        var tooMuch = await host.PostAsync(Adjustments, Body(-41), anna, "k-3");
        (tooMuch.Status, tooMuch.Error()).ShouldBe((409, "insufficient-credits"));
        foreach (var wrong in (string[])["0", "1.5", "\"5\"", "1000001", "-1000001"])
            (await host.PostAsync(Adjustments, Body(7).Replace(":7,", $":{wrong},", StringComparison.Ordinal), anna, "k-4")).Error().ShouldBe("invalid-input", wrong);
        (await host.PostAsync(Adjustments, Body(7).Replace(Journey.Ada.Id, "nobody", StringComparison.Ordinal), anna, "k-4")).Error().ShouldBe("user-not-found");

        (await journey.LotsAsync()).Select(l => l.Split(' ')[^1]).ShouldBe(["40", "0"]);
        (await journey.RowsAsync<string>("SELECT kind || ' ' || (source LIKE 'adjustment:%') FROM credit_entries WHERE reason = 'counted twice' ORDER BY id")).ShouldBe(["grant true", "adjust true"]);
        (await journey.RowsAsync<string>("""
            SELECT concat_ws(' ', action, resource_type, username, user_id, metadata->>'reason', metadata->>'credits') FROM audit_logs WHERE resource_type = 'adjustment' ORDER BY id
            """)).ShouldBe([$"credit.allocate adjustment admin {Journey.Ada.Id} counted twice 50", $"credit.deduct adjustment admin {Journey.Ada.Id} counted twice -20"]);
        await Oracles.HoldAsync(journey);
    }

    [Theory]
    [InlineData(Grants, 101, 101)]
    [InlineData(Adjustments, 101, 101)]
    [InlineData(Adjustments, -101, 899)]
    public async Task Above_the_limit_one_asks_another_approves_once_and_both_are_named(string path, long credits, long balance)
    {
        await using var journey = await Wallet.StartAsync(cluster, hosts: 2, ("Credits__ApprovalAbove", "100"));
        if (credits < 0) await journey.GiveAsync(1000);
        var (host, anna, grace) = (journey.World.Host, journey.TokenOf(DemoUsers.Admin), journey.TokenOf(Wallet.SecondAdmin));
        var asked = await host.PostAsync(path, Body(credits), anna, "k-1");
        (asked.Status, asked.Text("state"), asked.Number("credits"), asked.Text("requested_by")).ShouldBe((202, "pending", credits, DemoUsers.Admin.Id), asked.Body);
        (await host.PostAsync(path, Body(credits), anna, "k-1")).Body.ShouldBe(asked.Body);
        (await journey.CountAsync("credit_entries WHERE source NOT LIKE 'test:%'")).ShouldBe(0, "nothing is done yet");

        var id = asked.Text("id");
        foreach (var verb in (string[])["approve", "reject"])
            (await Decide(host.Url, verb, anna)).ShouldBe((403, "four-eyes"));
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Decide(journey.World.Hosts[i % 2].Url, "approve", grace)));
        answers.Count(a => a == (200, null)).ShouldBe(1);
        answers.Count(a => a == (409, "approval-decided")).ShouldBe(9);
        (await Decide(host.Url, "reject", grace)).ShouldBe((409, "approval-decided"));

        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(balance);
        var shown = (await host.GetAsync($"{Wallet.Approvals}?state=approved", anna)).Json.GetProperty("approvals").EnumerateArray().ShouldHaveSingleItem();
        shown.GetProperty("decided_by").GetString().ShouldBe(Wallet.SecondAdmin.Id);
        shown.GetProperty("transaction_id").GetInt64().ShouldBe(await journey.ScalarAsync<long>("SELECT max(id) FROM credit_entries"));
        (await journey.RowsAsync<string>("""
            SELECT concat_ws(' ', action, username, metadata->>'by', metadata->>'approved_by', metadata->>'requested_by') FROM audit_logs WHERE cause <> 'test' ORDER BY id
            """)).ShouldBe(
            [
                $"credit.approval.requested admin {DemoUsers.Admin.Id} {DemoUsers.Admin.Id}",
                $"{(credits > 0 ? "credit.allocate" : "credit.deduct")} grace {DemoUsers.Admin.Id} {Wallet.SecondAdmin.Id}",
                $"credit.approval.approved grace {Wallet.SecondAdmin.Id} {DemoUsers.Admin.Id}",
            ]);
        await Oracles.HoldAsync(journey);

        async Task<(int, string?)> Decide(string url, string verb, string token)
        {
            var page = await ApiCalls.CallAsync(HttpMethod.Post, $"{url}{Wallet.Approvals}/{id}/{verb}", verb == "reject" ? SignedIn.Json("""{"reason":"no ticket"}""") : null, token);
            return (page.Status, page.Status == 200 ? null : page.Error());
        }
    }

    [Fact]
    public async Task What_is_rejected_or_too_old_or_not_there_is_never_done()
    {
        await using var journey = await Wallet.StartAsync(cluster, hosts: 1, ("Credits__ApprovalAbove", "100"));
        var (host, anna, grace) = (journey.World.Host, journey.TokenOf(DemoUsers.Admin), journey.TokenOf(Wallet.SecondAdmin));
        var ids = new List<string>();
        foreach (var credits in (long[])[200, 300, -400])
            ids.Add((await host.PostAsync(Adjustments, Body(credits), anna, $"k{credits}")).Text("id")!);

        var rejected = await host.PostAsync($"{Wallet.Approvals}/{ids[0]}/reject", """{"reason":"no ticket"}""", grace);
        (rejected.Text("state"), rejected.Text("decision_reason")).ShouldBe(("rejected", "no ticket"), rejected.Body);
        (await host.PostAsync($"{Wallet.Approvals}/{ids[1]}/reject", """{"reason":"x"}""", grace)).Status.ShouldBe(400);
        await journey.ExecuteAsync("UPDATE credit_approvals SET expires_at = now() WHERE id = @id::uuid", new { id = ids[1] });
        var old = await host.PostAsync($"{Wallet.Approvals}/{ids[1]}/approve", json: null, grace);
        (old.Status, old.Error()).ShouldBe((409, "approval-decided"));
        old.Text("detail")!.ShouldContain("expired");
        var poor = await host.PostAsync($"{Wallet.Approvals}/{ids[2]}/approve", json: null, grace);
        (poor.Status, poor.Error()).ShouldBe((409, "insufficient-credits"));
        foreach (var unknown in (string[])[Guid.NewGuid().ToString(), "x"])
            (await host.PostAsync($"{Wallet.Approvals}/{unknown}/approve", json: null, grace)).Status.ShouldBe(404);

        (await journey.CountAsync("credit_entries")).ShouldBe(0);
        foreach (var (state, which) in (List<(string, int)>)[("rejected", 0), ("expired", 1), ("pending", 2)])
            (await host.GetAsync($"{Wallet.Approvals}?state={state}", anna)).Json.GetProperty("approvals").EnumerateArray().ShouldHaveSingleItem().GetProperty("id").GetString().ShouldBe(ids[which]);
        var page = await host.GetAsync($"{Wallet.Approvals}?limit=2", anna);
        var rest = await host.GetAsync($"{Wallet.Approvals}?limit=2&cursor={page.Text("next_cursor")}", anna);
        page.Json.GetProperty("approvals").EnumerateArray().Concat(rest.Json.GetProperty("approvals").EnumerateArray()).Select(a => a.GetProperty("id").GetString()).ShouldBe(Enumerable.Reverse(ids));
        (await host.GetAsync($"{Wallet.Approvals}?state=done", anna)).Error().ShouldBe("invalid-input");
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_service_cannot_wait_so_it_is_refused_and_the_table_itself_takes_no_decision_of_who_asked()
    {
        await using var journey = await Wallet.StartAsync(cluster, hosts: 1, ("Credits__ApprovalAbove", "100"));
        var (host, crm, anna) = (journey.World.Host, journey.World.Keycloak.ServiceTokenFor("crm"), journey.TokenOf(DemoUsers.Admin));
        var refused = await host.PostAsync(Grants, Body(101), crm, "k-1");
        (refused.Status, refused.Error()).ShouldBe((403, "approval-required"), refused.Body);
        (await host.PostAsync(Grants, Body(100), crm, "k-1")).Number("balance").ShouldBe(100, "up to the limit it may");
        (await host.PostAsync(Adjustments, Body(1), crm, "k-2")).Error().ShouldBe("forbidden");

        (await host.PostAsync(Grants, Body(101), anna, "k-1")).Status.ShouldBe(202);
        await Should.ThrowAsync<Npgsql.PostgresException>(() => journey.ExecuteAsync("UPDATE credit_approvals SET state = 'rejected', decided_by = requested_by, decided_at = now()"));
        await Oracles.HoldAsync(journey);
    }

    private static string Body(long credits) => $$"""{"user_id":"{{Journey.Ada.Id}}","credits":{{credits}},"reason":"counted twice"}""";
}
