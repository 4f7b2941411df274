using System.Text.Json.Nodes;
using BillingMonolith.Billing;
using BillingMonolith.Host.Startup;
using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;
using MediatR;
using Microsoft.Extensions.DependencyInjection;

namespace BillingMonolith.Journeys.Catalogue;

/// <summary>Administrators change the tiers: every host's list of plans shows it, the audit log knows how it was.</summary>
public sealed class TierAdminTests(Cluster cluster)
{
    private const string Admin = "/api/v1/admin/tiers";
    private const string Plans = "/api/v1/billing/plans";

    private const string Terms = """
        "name": "Team <b>", "description": "For a few", "family": "teams", "currency": "eur", "display_order": 0, "lago_plan_yearly": "team-year",
        "prices": [{"cycle": "yearly", "currency": "eur", "amount_minor": 45000}, {"cycle": "monthly", "currency": "usd", "amount_minor": 4900},
                   {"cycle": "monthly", "currency": "eur", "amount_minor": 4500}]
        """;

    [Fact]
    public async Task The_plans_are_everybodys_from_memory_and_a_change_of_tier_or_allowance_shows_on_every_host()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2, SignedIn.NoWorkers);
        var (host, other, admin) = (journey.World.Hosts[0], journey.World.Hosts[1], journey.TokenOf(DemoUsers.Admin));

        var page = await other.GetAsync(Plans, token: null);
        page.Status.ShouldBe(200, page.Body);
        page.Json.EnumerateArray().Select(p => $"{p.GetProperty("tier_id")} {p.GetProperty("price_monthly")} {p.GetProperty("price_yearly")} {p.GetProperty("monthly_credits")}")
            .ShouldBe(["free 0 0 0", "trial 1.00  5", "starter 19.00 190.00 20", "professional 49.00 490.00 60", "enterprise 99.00 990.00 "]);
        page.Json[1].EnumerateObject().Select(m => m.Name)
            .ShouldBe(["tier_id", "name", "description", "price_monthly", "price_yearly", "currency", "monthly_credits", "features"]);
        page.Json[2].GetProperty("features")[0].GetRawText().ShouldBe("""{"key":"api_access","type":"boolean","value":"true"}""");
        page.Headers["Cache-Control"].ShouldBe("public, no-cache");
        using var client = new Browser();
        (await client.OnceAsync(HttpMethod.Get, other.Url + Plans, content: null, ("If-None-Match", page.Headers["ETag"]))).Status.ShouldBe(304);
        var asked = await LastQueryAsync(journey);
        for (var i = 0; i < 10; i++) (await other.GetAsync(Plans, token: null)).Body.ShouldBe(page.Body);
        (await LastQueryAsync(journey)).ShouldBe(asked, "nothing was read");

        (await SendAsync(HttpMethod.Put, host, "/starter/allowance", admin, """{"credits": null}""")).Json.GetProperty("monthly_credits").ValueKind
            .ShouldBe(System.Text.Json.JsonValueKind.Null);
        await ShowsAsync(other, "starter", p => p.GetProperty("monthly_credits").ValueKind == System.Text.Json.JsonValueKind.Null, "the allowance is unlimited");
        (await SendAsync(HttpMethod.Delete, host, "/starter/allowance", admin)).Json.GetProperty("monthly_credits").GetInt64().ShouldBe(0);
        await ShowsAsync(other, "starter", p => p.GetProperty("monthly_credits").ToString() == "0", "the allowance is gone");
        (await SendAsync(HttpMethod.Put, host, "/starter/allowance", admin, """{"credits": 30, "rollover": true}""")).Json.GetProperty("rollover").GetBoolean().ShouldBeTrue();
        (await SendAsync(HttpMethod.Put, host, "/starter/allowance", admin, """{"credits": 30, "rollover": true}""")).Status.ShouldBe(200);
        (await SendAsync(HttpMethod.Put, host, "/starter/allowance", admin, """{"credits": 0}""")).Error().ShouldBe("invalid-input");
        (await SendAsync(HttpMethod.Put, host, "/starter/allowance", admin, "{}")).Error().ShouldBe("invalid-input");
        (await SendAsync(HttpMethod.Put, host, "/gigantic/allowance", admin, """{"credits": 5}""")).Error().ShouldBe("tier-not-found");
        (await journey.RowsAsync<string>("SELECT concat_ws(' ', metadata->'before'->>'credits', 'to', metadata->'after'->>'credits') FROM audit_logs WHERE action = 'admin.tier.allowance' ORDER BY id"))
            .ShouldBe(["20 to", "to", "to 30"]);

        (await SendAsync(HttpMethod.Delete, host, "/professional", admin)).Json.GetProperty("is_active").GetBoolean().ShouldBeFalse();
        (await SendAsync(HttpMethod.Delete, host, "/professional", admin)).Status.ShouldBe(200, "once more changes nothing");
        await Journey.UntilAsync(async () => !(await other.GetAsync(Plans, token: null)).Body.Contains("professional", StringComparison.Ordinal), "it is off sale on the other host");
        (await journey.CountAsync("audit_logs WHERE action = 'admin.tier.deactivate'")).ShouldBe(1);
    }

    [Fact]
    public async Task A_tier_is_made_changed_by_who_read_it_last_and_audited()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 1, SignedIn.NoWorkers);
        var (host, admin) = (journey.World.Host, journey.TokenOf(DemoUsers.Admin));

        var created = await host.PostAsync(Admin, $$"""{"tier_id": "team", {{Terms}}}""", admin);
        (created.Status, created.Headers["Location"]).ShouldBe((201, $"{Admin}/team"), created.Body);
        created.Json.GetProperty("prices").GetRawText().ShouldBe("""
            [{"cycle":"monthly","currency":"eur","amount_minor":4500,"stripe_price_id":null},{"cycle":"yearly","currency":"eur","amount_minor":45000,"stripe_price_id":null},{"cycle":"monthly","currency":"usd","amount_minor":4900,"stripe_price_id":null}]
            """);
        (created.Json.GetProperty("lago_plan_monthly").GetString(), created.Json.GetProperty("lago_plan_yearly").GetString()).ShouldBe(("team", "team-year"));
        (await host.GetAsync(Plans, token: null)).Json[1].GetProperty("name").GetString().ShouldBe("Team <b>", "on this host with the answer, and text is text");
        (await host.PostAsync(Admin, $$"""{"tier_id": "team", {{Terms}}}""", admin)).Error().ShouldBe("tier-exists");
        (await host.PostAsync(Admin, $$"""{"tier_id": "pair", {{Terms.Replace("\"currency\": \"eur\", \"display", "\"currency\": \"usd\", \"display", StringComparison.Ordinal)}}}""", admin))
            .Error().ShouldBe("no-default-price", "nobody could buy the year");
        var bad = await host.PostAsync(Admin, $$"""{"tier_id": "Pair", {{Terms.Replace("45000", "0", StringComparison.Ordinal)}}}""", admin);
        bad.Json.GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe(["tier_id", "prices[0].amount_minor"], ignoreOrder: true, bad.Body);

        await journey.ExecuteAsync("UPDATE billing_tier_prices SET stripe_price_id = 'price_' || cycle || currency WHERE tier_id = 'team'");
        var read = await host.GetAsync($"{Admin}/team", admin);
        var dearer = Terms.Replace("45000", "46000", StringComparison.Ordinal).Replace("""{"cycle": "monthly", "currency": "usd", "amount_minor": 4900},""", "", StringComparison.Ordinal);
        var changed = await SendAsync(HttpMethod.Put, host, "/team", admin, $$"""{ {{dearer}}, "is_invite_only": true}""", read.Headers["ETag"]);
        changed.Status.ShouldBe(200, changed.Body);
        changed.Json.GetProperty("prices").EnumerateArray().Select(p => $"{p.GetProperty("cycle")} {p.GetProperty("currency")} {p.GetProperty("stripe_price_id")}")
            .ShouldBe(["monthly eur price_monthlyeur", "yearly eur "], "what costs as before keeps its price at Stripe");
        (await host.GetAsync(Plans, token: null)).Body.ShouldNotContain("\"team\"", Case.Sensitive, "it is for invited ones");
        (await SendAsync(HttpMethod.Put, host, "/team", admin, $$"""{ {{Terms}} }""", read.Headers["ETag"])).Error().ShouldBe("changed-meanwhile");
        (await SendAsync(HttpMethod.Put, host, "/team", admin, $$"""{ {{dearer}}, "is_invite_only": true}""")).Status.ShouldBe(200, "the same once more");
        (await SendAsync(HttpMethod.Put, host, "/team", admin, $$"""{"tier_id": "other", {{Terms}} }""")).Json.GetProperty("errors").EnumerateObject().Single().Name.ShouldBe("tier_id");
        (await SendAsync(HttpMethod.Put, host, "/gigantic", admin, $$"""{ {{Terms}} }""")).Error().ShouldBe("tier-not-found");
        (await host.GetAsync(Admin, admin)).Json.GetArrayLength().ShouldBe(7);

        var audited = await journey.RowsAsync<(string Who, string Metadata)>("SELECT concat_ws(' ', username, action, resource_id), metadata::text FROM audit_logs ORDER BY id");
        audited.Select(a => a.Who).ShouldBe(["admin admin.tier.create team", "admin admin.tier.update team"], "what changed nothing is not audited");
        ((long?)JsonNode.Parse(audited[1].Metadata)!["before"]!["prices"]![1]!["amount_minor"]).ShouldBe(45000);
        ((string?)JsonNode.Parse(audited[1].Metadata)!["after"]!["prices"]![1]!["cycle"]).ShouldBe("yearly");
    }

    [Fact]
    public async Task Only_the_invited_may_subscribe_to_what_is_for_them()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 1, SignedIn.NoWorkers);
        var (host, admin) = (journey.World.Host, journey.TokenOf(DemoUsers.Admin));
        var ada = $"/founders-friend/invitations/{Journey.Ada.Id}";
        await using var app = App.Build(App.Configure([.. Settings(journey)]));
        Func<string, Task<bool>> may = async tier =>
        {
            await using var scope = app.Services.CreateAsyncScope();
            return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new MaySubscribe(tier, Journey.Ada.Id));
        };

        (await may("founders-friend")).ShouldBeFalse();
        ((await may("starter")), (await may("gigantic"))).ShouldBe((true, false));
        (await SendAsync(HttpMethod.Get, host, ada, admin)).Error().ShouldBe("not-invited");
        var invited = await SendAsync(HttpMethod.Put, host, ada, admin);
        (invited.Status, invited.Json.GetProperty("invited_by").GetString()).ShouldBe((200, DemoUsers.Admin.Id), invited.Body);
        (await SendAsync(HttpMethod.Put, host, ada, admin)).Body.ShouldBe(invited.Body, "once more changes nothing");
        (await SendAsync(HttpMethod.Get, host, ada, admin)).Body.ShouldBe(invited.Body);
        (await may("founders-friend")).ShouldBeTrue();
        (await SendAsync(HttpMethod.Put, host, "/founders-friend/invitations/nobody", admin)).Error().ShouldBe("user-not-found");
        (await SendAsync(HttpMethod.Put, host, $"/gigantic/invitations/{Journey.Ada.Id}", admin)).Error().ShouldBe("tier-not-found");

        await journey.ExecuteAsync("UPDATE billing_tiers SET active = false WHERE id = 'founders-friend'");
        (await may("founders-friend")).ShouldBeFalse("it is off sale");
        await journey.ExecuteAsync("UPDATE billing_tiers SET active = true WHERE id = 'founders-friend'");
        (await SendAsync(HttpMethod.Delete, host, ada, admin)).Status.ShouldBe(204);
        (await SendAsync(HttpMethod.Delete, host, ada, admin)).Status.ShouldBe(204);
        (await may("founders-friend")).ShouldBeFalse();
        (await journey.RowsAsync<string>("SELECT concat_ws(' ', username, action, resource_id, user_id) FROM audit_logs ORDER BY id"))
            .ShouldBe([$"admin admin.tier.invite founders-friend {Journey.Ada.Id}", $"admin admin.tier.uninvite founders-friend {Journey.Ada.Id}"]);
    }

    // What the host's process has in its environment, for a host in this one.
    private static IEnumerable<string> Settings(Journey journey) =>
    [
        $"--Database:ConnectionString={journey.World.ConnectionString}", "--Stripe:SecretKey=sk_test_x", "--Stripe:WebhookSecret=whsec_of_the_tier_tests", "--Lago:Url=http://nowhere",
        "--Lago:ApiKey=x", "--Keycloak:Url=http://nowhere", "--Keycloak:Realm=x", "--Keycloak:ClientId=x", "--Keycloak:ClientSecret=x",
    ];

    private static Task ShowsAsync(HostProcess host, string tier, Func<System.Text.Json.JsonElement, bool> so, string what) => Journey.UntilAsync(
        async () => so((await host.GetAsync(Plans, token: null)).Json.EnumerateArray().Single(p => p.GetProperty("tier_id").GetString() == tier)), what, TimeSpan.FromSeconds(10));

    private static async Task<DateTime> LastQueryAsync(Journey journey) =>
        await journey.ScalarAsync<DateTime>("SELECT max(query_start) FROM pg_stat_activity WHERE datname = current_database() AND query NOT LIKE '%pg_stat_activity%'");

    private static async Task<Page> SendAsync(HttpMethod method, HostProcess host, string path, string token, string? json = null, string? ifMatch = null)
    {
        using var client = new Browser();
        return await client.OnceAsync(method, $"{host.Url}{Admin}{path}", json is null ? null : SignedIn.Json(json),
            [SignedIn.Bearer(token), ("Accept", "application/json"), .. ifMatch is null ? ((string, string)[])[] : [("If-Match", ifMatch)]]);
    }
}
