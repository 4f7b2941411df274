using System.Text.Json.Nodes;
using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Spending;

/// <summary>Credits that are spent over HTTP: never more than there are, once per key, in burn order.</summary>
public sealed class ConsumeTests(Cluster cluster)
{
    [Fact]
    public async Task Of_two_hundred_at_once_on_a_balance_of_a_hundred_exactly_a_hundred_succeed()
    {
        await using var proxy = await RoundRobin.StartAsync();
        await using var journey = await Wallet.StartAsync(cluster, hosts: 2);
        proxy.Hosts = [.. journey.World.Hosts.Select(h => h.Url)];
        await journey.GiveAsync(100);
        var ada = journey.TokenOf(DemoUsers.Buyer);

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => UntilJudgedAsync(() =>
            ApiCalls.CallAsync(HttpMethod.Post, proxy.Url + Wallet.Consume, SignedIn.Json("""{"amount":1,"reason":"one of many"}"""), ada, $"k-{i}"))));

        answers.Count(a => a.Status == 200).ShouldBe(100);
        answers.Where(a => a.Status != 200).ShouldAllBe(a => a.Status == 402 && a.Error() == "insufficient-credits");
        answers.Where(a => a.Status == 200).Select(a => a.Number("balance")).Order().ShouldBe(Enumerable.Range(0, 100).Select(b => (long)b), "each balance once");
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(0);
        proxy.Given.Values.ShouldAllBe(n => n >= 100);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task What_burns_first_ends_first_or_is_oldest_goes_first()
    {
        await using var journey = await Wallet.StartAsync(cluster);
        await journey.GiveAsync(10, "older", priority: 100);
        await journey.GiveAsync(10, "newer", priority: 100);
        await journey.GiveAsync(10, "ends later", priority: 100, ends: "2 days");
        await journey.GiveAsync(10, "ends soon", priority: 100, ends: "1 day");
        await journey.GiveAsync(10, "burns first", priority: 10);
        await journey.GiveAsync(10, "ended", priority: 1, ends: "1 day");
        await journey.ExecuteAsync("UPDATE credit_lots SET expires_at = now() WHERE source = 'ended'");
        var (host, ada) = (journey.World.Host, journey.TokenOf(DemoUsers.Buyer));

        var first = await host.SpendAsync(ada, 25, "k-1");
        (first.Status, first.Number("balance")).ShouldBe((200, 35), first.Body);
        (await journey.LotsAsync()).ShouldBe(["older 10", "newer 10", "ends later 5", "ends soon 0", "burns first 0", "ended 10"]);
        (await host.SpendAsync(ada, 20, "k-2")).Number("balance").ShouldBe(15);
        (await journey.LotsAsync()).ShouldBe(["older 0", "newer 5", "ends later 0", "ends soon 0", "burns first 0", "ended 10"]);

        var refused = await host.SpendAsync(ada, 6, "k-3");
        (refused.Status, refused.Error()).ShouldBe((402, "insufficient-credits"));
        refused.Text("detail").ShouldBe("6 credits are asked, and 5 are available now. Nothing was taken.");
        (await journey.RowsAsync<string>("""
            SELECT concat_ws(' ', resource_type, resource_id = (SELECT max(id)::text FROM credit_entries), user_id, username, metadata->>'by', metadata->>'credits')
            FROM audit_logs WHERE action = 'credit.deduct' ORDER BY id DESC LIMIT 1
            """)).ShouldBe([$"transaction t {Journey.Ada.Id} buyer {Journey.Ada.Id} -20"]);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_key_is_one_spending_for_ever_also_after_its_answer_is_forgotten()
    {
        await using var journey = await Wallet.StartAsync(cluster, hosts: 2);
        await journey.GiveAsync(100);
        var (host, other, ada) = (journey.World.Hosts[0], journey.World.Hosts[1], journey.TokenOf(DemoUsers.Buyer));

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => journey.World.Hosts[i % 2].SpendAsync(ada, 5, "k-1")));
        answers.Select(a => (a.Status, a.Body)).Distinct().ShouldHaveSingleItem().Status.ShouldBe(200);
        answers.Count(a => a.IsReplayed()).ShouldBe(19);
        var reused = await other.SpendAsync(ada, 6, "k-1");
        (reused.Status, reused.Error()).ShouldBe((422, "idempotency-key-reused"));

        await journey.ExecuteAsync("DELETE FROM idempotency_keys");
        var late = await host.SpendAsync(ada, 5, "k-1");
        (late.Status, late.Error()).ShouldBe((422, "idempotency-key-reused"), late.Body);
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(95);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_person_spends_his_own_and_a_service_with_the_scope_what_it_is_told_to()
    {
        await using var journey = await Wallet.StartAsync(cluster);
        await journey.GiveAsync(100);
        var (host, grace, crm) = (journey.World.Host, journey.TokenOf(DemoUsers.Grace), journey.World.Keycloak.ServiceTokenFor("crm"));
        var adas = $$"""{"amount":5,"reason":"a test","user_id":"{{Journey.Ada.Id}}"}""";

        foreach (var path in (string[])[Wallet.Consume, Wallet.Reservations])
        {
            var foreign = await host.PostAsync(path, adas, grace, "k-1");
            (foreign.Status, foreign.Error()).ShouldBe((403, "foreign-account"), path);
            (await host.PostAsync(path, adas, journey.TokenOf(DemoUsers.Buyer), $"k {path}")).Status.ShouldBeLessThan(300, "he may say that it is he");
            (await host.PostAsync(path, adas, crm, $"k {path}")).Status.ShouldBeLessThan(300);
            var nobodys = await host.PostAsync(path, """{"amount":5,"reason":"a test"}""", crm, "k-2");
            (nobodys.Status, nobodys.Json.GetProperty("errors").EnumerateObject().Single().Name).ShouldBe((400, "user_id"));
            (await host.PostAsync(path, adas.Replace(Journey.Ada.Id, "nobody", StringComparison.Ordinal), crm, "k-2")).Error().ShouldBe("insufficient-credits");
        }

        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(90);
        (await journey.RowsAsync<string>("SELECT username || ' ' || user_id FROM audit_logs WHERE action = 'credit.deduct' ORDER BY id"))
            .ShouldBe([$"buyer {Journey.Ada.Id}", $"service-account-crm {Journey.Ada.Id}"]);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task Bad_input_is_named_and_takes_nothing()
    {
        await using var journey = await Wallet.StartAsync(cluster);
        await journey.GiveAsync(100);
        var (host, ada) = (journey.World.Host, journey.TokenOf(DemoUsers.Buyer));
        foreach (var (member, json) in (List<(string, string)>)
        [
            ("amount", "0"), ("amount", "-1"), ("amount", "1.5"), ("amount", "\"5\""), ("amount", "1e3000"), ("amount", "1000000001"), ("amount", "null"), ("amount", "true"),
            ("reason", "\"ab\""), ("reason", "\"    \""), ("reason", "\"a\\u0000bc\""), ("reason", "\"a\\nbc\""), ("reason", $"\"{new string('a', 201)}\""), ("reason", "null"),
            ("reference", "\"\""), ("reference", $"\"{new string('a', 201)}\""), ("reference", "\"a\\tb\""), ("credits", "5"),
        ])
        {
            foreach (var path in (string[])[Wallet.Consume, Wallet.Reservations])
            {
                var body = new JsonObject { ["amount"] = 5, ["reason"] = "a test" };
                body[member] = "§";
                var page = await host.PostAsync(path, body.ToJsonString().Replace("\"\\u00A7\"", json, StringComparison.Ordinal), ada, "k-1");
                (page.Status, page.Error()).ShouldBe((400, "invalid-input"), $"{path} {member}: {json}");
                page.Json.GetProperty("errors").EnumerateObject().Single().Name.ShouldBe(member, json);
            }
        }

        (await host.SpendAsync(ada, 5, key: "")).Error().ShouldBe("idempotency-key-required");
        foreach (var seconds in (string[])["9", "86401", "-1", "1.5"])
            (await host.PostAsync(Wallet.Reservations, $$"""{"amount":1,"reason":"a test","expires_in_seconds":{{seconds}}}""", ada, "k-1")).Status.ShouldBe(400, seconds);
        (await host.BalancePageAsync(ada)).Number("available").ShouldBe(100);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task Who_spends_below_the_threshold_is_alerted_once_a_day()
    {
        await using var journey = await Wallet.StartAsync(cluster, hosts: 2, ("Credits__LowBalance", "50"));
        await journey.GiveAsync(100);
        var (host, ada) = (journey.World.Host, journey.TokenOf(DemoUsers.Buyer));
        (await host.SpendAsync(ada, 50, "k-1")).Number("balance").ShouldBe(50);
        (await host.BalancePageAsync(ada)).Json.GetProperty("low_balance").GetBoolean().ShouldBeFalse();
        (await journey.CountAsync("credit_low_balance_alerts")).ShouldBe(0);

        var held = await host.ReserveAsync(ada, 3, "k-2");
        await Task.WhenAll(Enumerable.Range(0, 10).Select(i => journey.World.Hosts[i % 2].SpendAsync(ada, 1, $"one-{i}")).Append(host.CommitAsync(ada, held.Text("id")!, "k-3")));
        (await host.BalancePageAsync(ada)).Json.GetProperty("low_balance").GetBoolean().ShouldBeTrue();
        (await journey.RowsAsync<string>("SELECT user_id || ' ' || (day = (now() AT TIME ZONE 'UTC')::date) FROM credit_low_balance_alerts")).ShouldBe([$"{Journey.Ada.Id} true"]);

        await journey.ExecuteAsync("UPDATE credit_low_balance_alerts SET day = day - 1");
        await host.SpendAsync(ada, 1, "next day");
        (await journey.CountAsync("credit_low_balance_alerts")).ShouldBe(2);
        (await journey.CountAsync("audit_logs WHERE action = 'credit.low_balance' AND (metadata->>'threshold')::int = 50")).ShouldBe(2);
        await Oracles.HoldAsync(journey);
    }

    // What a client does: a 503 is asked again under the same key.
    private static async Task<Page> UntilJudgedAsync(Func<Task<Page>> ask)
    {
        Page? page = null;
        await Journey.UntilAsync(async () => (page = await ask()).Status != 503, "the host has time");
        return page!;
    }
}
