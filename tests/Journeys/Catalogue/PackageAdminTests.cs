using System.Text.Json.Nodes;
using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Catalogue;

/// <summary>Administrators change the catalogue: every host sells it so at once, the audit log knows how it was, and what was sold stays as it was.</summary>
public sealed class PackageAdminTests(Cluster cluster)
{
    private const string Admin = "/api/v1/admin/credit-packages";
    private const string Packages = "/api/v1/billing/credits/packages";

    internal const string Terms = """
        "package_name": "<b>Mini & \"Co\"</b> ✓", "description": "Just a few", "credits": 100, "currency": "eur", "expires_after_days": 90, "badge_text": "NEW", "display_order": 0,
        "prices": [{"currency": "usd", "amount_minor": 150}, {"currency": "eur", "amount_minor": 140}, {"currency": "jpy", "amount_minor": 200}]
        """;

    [Fact]
    public async Task A_new_package_is_for_sale_on_every_host_at_once_and_audited()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2, SignedIn.NoWorkers);
        var (host, other, admin, buyer) = (journey.World.Hosts[0], journey.World.Hosts[1], journey.TokenOf(DemoUsers.Admin), journey.TokenOf(DemoUsers.Buyer));
        foreach (var any in journey.World.Hosts) (await any.GetAsync(Packages, buyer)).Json.GetArrayLength().ShouldBe(4);

        var created = await host.PostAsync(Admin, $$"""{"package_code": "mini", {{Terms}}}""", admin);
        created.Status.ShouldBe(201, created.Body);
        created.Headers["Location"].ShouldBe($"{Admin}/mini");
        var package = created.Json;
        (package.GetProperty("package_name").GetString(), package.GetProperty("currency").GetString(), package.GetProperty("price_minor").GetInt64(), package.GetProperty("price_usd").GetDecimal())
            .ShouldBe(("<b>Mini & \"Co\"</b> ✓", "eur", 140, 1.5m), "text is text");

        (await host.GetAsync(Packages, buyer)).Json[0].GetRawText().ShouldBe(package.GetRawText(), "on this host with the answer");
        await Journey.UntilAsync(async () => (await other.GetAsync(Packages, buyer)).Json[0].GetRawText() == package.GetRawText(), "the other host sells it", TimeSpan.FromSeconds(10));
        (await host.PostAsync(Admin, $$"""{"package_code": "mini", {{Terms}}}""", admin)).Error().ShouldBe("package-exists");
        (await other.GetAsync($"{Admin}/mini", admin)).Body.ShouldBe(created.Body);
        (await other.GetAsync(Admin, admin)).Json.EnumerateArray().Select(p => p.GetProperty("package_code").GetString()).ShouldBe(["mini", "starter", "standard", "pro", "enterprise"]);

        var audited = await journey.RowsAsync<(string Who, string Metadata)>(
            "SELECT concat_ws(' ', username, action, resource_type, resource_id, result), metadata::text FROM audit_logs");
        audited.Select(a => a.Who).ShouldBe(["admin admin.credit_package.create credit_package mini success"]);
        var metadata = JsonNode.Parse(audited[0].Metadata)!;
        metadata["before"].ShouldBeNull();
        JsonNode.DeepEquals(metadata["after"], JsonNode.Parse(created.Body)).ShouldBeTrue(audited[0].Metadata);
    }

    [Fact]
    public async Task A_change_replaces_all_of_it_but_the_code_and_says_what_was_and_touches_no_purchase()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2);
        var (host, other, admin, buyer) = (journey.World.Hosts[0], journey.World.Hosts[1], journey.TokenOf(DemoUsers.Admin), journey.TokenOf(DemoUsers.Buyer));
        journey.BuyPack(Journey.Ada, "starter");
        await journey.SettleAsync();
        var sold = await journey.RowsAsync<string>("SELECT p::text FROM credit_purchases p");
        await journey.ExecuteAsync("UPDATE credit_package_prices SET stripe_price_id = 'price_' || package_code; INSERT INTO credit_package_prices VALUES ('starter', 'gbp', 800, 'price_gbp'), ('starter', 'eur', 140, 'price_eur')");
        var before = await host.GetAsync($"{Admin}/starter", admin);

        var changed = await PutAsync(host, "starter", Terms, admin, before.Headers["ETag"]);
        changed.Status.ShouldBe(200, changed.Body);
        changed.Json.GetProperty("prices").GetRawText().ShouldBe("""
            [{"currency":"eur","amount_minor":140,"stripe_price_id":"price_eur"},{"currency":"jpy","amount_minor":200,"stripe_price_id":null},{"currency":"usd","amount_minor":150,"stripe_price_id":null}]
            """);
        (changed.Json.GetProperty("package_code").GetString(), changed.Json.GetProperty("id").GetString()).ShouldBe(("starter", before.Json.GetProperty("id").GetString()));
        (changed.Json.GetProperty("credits").GetInt64(), changed.Json.GetProperty("discount_percentage").GetInt32()).ShouldBe((100, 0));
        await Journey.UntilAsync(async () => (await other.GetAsync(Packages, buyer)).Json[0].GetRawText() == changed.Body, "the other host sells it so");

        (await PutAsync(other, "starter", Terms, admin, before.Headers["ETag"])).Error().ShouldBe("changed-meanwhile");
        (await PutAsync(other, "starter", Terms, admin, changed.Headers["ETag"])).Body.ShouldBe(changed.Body);
        (await PutAsync(other, "starter", Terms, admin, "*")).Status.ShouldBe(200);
        (await PutAsync(host, "gigantic", Terms, admin)).Error().ShouldBe("package-not-found");
        (await PutAsync(host, "starter", $"\"package_code\": \"other\", {Terms}", admin)).Json.GetProperty("errors").EnumerateObject().Single().Name.ShouldBe("package_code");

        (await journey.RowsAsync<string>("SELECT p::text FROM credit_purchases p")).ShouldBe(sold, "a purchase keeps its snapshot");
        var audited = await journey.RowsAsync<string>("SELECT metadata::text FROM audit_logs WHERE action = 'admin.credit_package.update'");
        var metadata = JsonNode.Parse(audited.ShouldHaveSingleItem("what changed nothing is not audited"))!;
        JsonNode.DeepEquals(metadata["before"], JsonNode.Parse(before.Body)).ShouldBeTrue(audited[0]);
        JsonNode.DeepEquals(metadata["after"], JsonNode.Parse(changed.Body)).ShouldBeTrue(audited[0]);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_package_that_is_taken_off_sale_stays_and_twice_is_once()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2, SignedIn.NoWorkers);
        var (host, other, admin, buyer) = (journey.World.Hosts[0], journey.World.Hosts[1], journey.TokenOf(DemoUsers.Admin), journey.TokenOf(DemoUsers.Buyer));
        await other.GetAsync(Packages, buyer);

        var off = await DeleteAsync(host, "pro", admin);
        (off.Status, off.Json.GetProperty("is_active").GetBoolean()).ShouldBe((200, false), off.Body);
        (await DeleteAsync(other, "pro", admin)).Body.ShouldBe(off.Body);
        await Journey.UntilAsync(async () => (await other.GetAsync(Packages, buyer)).Json.GetArrayLength() == 3, "the other host does not sell it");
        (await other.GetAsync($"{Packages}?include_inactive=true", admin)).Json.GetArrayLength().ShouldBe(4);
        (await DeleteAsync(host, "gigantic", admin)).Error().ShouldBe("package-not-found");
        (await journey.RowsAsync<string>("SELECT concat_ws(' ', action, resource_id, metadata->'before'->>'is_active', metadata->'after'->>'is_active') FROM audit_logs"))
            .ShouldBe(["admin.credit_package.deactivate pro true false"]);
    }

    [Fact]
    public async Task Of_many_at_once_one_creates_and_one_changes()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2, SignedIn.NoWorkers);
        var (hosts, admin) = (journey.World.Hosts, journey.TokenOf(DemoUsers.Admin));
        var made = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => hosts[i % 2].PostAsync(Admin, $$"""{"package_code": "mini", {{Terms}}}""", admin)));
        made.Select(m => m.Status).Order().ShouldBe([201, .. Enumerable.Repeat(409, 9)]);

        var tag = (await hosts[0].GetAsync($"{Admin}/mini", admin)).Headers["ETag"];
        var changed = await Task.WhenAll(Enumerable.Range(1, 10).Select(i => PutAsync(hosts[i % 2], "mini", Terms.Replace("100", $"{i}00", StringComparison.Ordinal) + $", \"discount_percentage\": {i}", admin, tag)));
        changed.Select(c => c.Status).Order().ShouldBe([200, .. Enumerable.Repeat(412, 9)]);
        (await journey.RowsAsync<string>("SELECT action FROM audit_logs ORDER BY id")).ShouldBe(["admin.credit_package.create", "admin.credit_package.update"]);
    }

    private static Task<Page> PutAsync(HostProcess host, string code, string terms, string token, string? ifMatch = null) =>
        SendAsync(HttpMethod.Put, host, code, SignedIn.Json("{" + terms + "}"), token, ifMatch);

    private static Task<Page> DeleteAsync(HostProcess host, string code, string token) => SendAsync(HttpMethod.Delete, host, code, content: null, token, ifMatch: null);

    private static async Task<Page> SendAsync(HttpMethod method, HostProcess host, string code, HttpContent? content, string token, string? ifMatch)
    {
        using var client = new Browser();
        return await client.OnceAsync(method, $"{host.Url}{Admin}/{code}", content, [SignedIn.Bearer(token), ("Accept", "application/json"), .. ifMatch is null ? ((string, string)[])[] : [("If-Match", ifMatch)]]);
    }
}
