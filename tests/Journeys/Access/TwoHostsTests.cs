using BillingMonolith.Journeys.Kit;

namespace BillingMonolith.Journeys.Access;

/// <summary>Several hosts behind one address are one service: what one began another ends.</summary>
public sealed class TwoHostsTests(Cluster cluster)
{
    [Fact]
    public async Task Login_and_API_work_when_each_request_goes_to_the_next_host()
    {
        await using var proxy = await RoundRobin.StartAsync();
        await using var journey = await Journey.StartAsync(cluster, hosts: 0, new(SignedIn.NoWorkers)
        {
            ["Access__PublicOrigin"] = proxy.Url,
            ["Access__KnownProxies__0"] = "127.0.0.1",
        });
        // Homes of their own, as on two machines: what they share is the database.
        for (var i = 0; i < 2; i++) await journey.World.StartHostAsync(new Dictionary<string, string?> { ["HOME"] = Directory.CreateTempSubdirectory().FullName });
        proxy.Hosts = [.. journey.World.Hosts.Select(h => h.Url)];
        journey.World.Keycloak.Register(proxy.Url);

        // One request more or less in between, so that every leg begins at either host.
        for (var round = 0; round < 2; round++)
        {
            using var browser = new Browser();
            if (round == 1) await browser.GetAsync($"{proxy.Url}/health/live");
            var home = await browser.SignInAsync(proxy.Url, SignedIn.Buyer);
            home.Url.ShouldBe($"{proxy.Url}/credits");
            (await browser.GetAsync($"{proxy.Url}/account")).Body.ShouldContain("Ada Lovelace");
            for (var i = 0; i < 4; i++) (await browser.MeAsync(proxy.Url)).Status.ShouldBe(200);
            (await browser.SignOutAsync(proxy.Url)).Url.ShouldBe($"{proxy.Url}/");
            for (var i = 0; i < 2; i++) (await browser.MeAsync(proxy.Url)).Status.ShouldBe(401);
        }

        proxy.Given.Keys.Count.ShouldBe(2);
        (await journey.RowsAsync<string>("SELECT DISTINCT host(ip_address) FROM audit_logs WHERE action = 'user.login'")).ShouldBe(["127.0.0.1"]);
    }
}
