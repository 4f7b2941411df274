using BillingMonolith.Journeys.Kit;

namespace BillingMonolith.Journeys.Access;

/// <summary>Bearer tokens of a realm that lives: its keys change, it goes down and comes back. The case table is in Specs/Access.</summary>
public sealed class BearerTests(Cluster cluster)
{
    [Fact]
    public async Task When_the_realm_rotates_its_keys_no_request_fails_on_any_host_and_a_withdrawn_key_signs_nobody_in()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2, new(SignedIn.NoWorkers) { ["Access__KeyFetchSeconds"] = "1" });
        var keycloak = journey.World.Keycloak;
        using var client = new Browser();
        var old = keycloak.AccessTokenFor(SignedIn.Buyer);

        for (var rotation = 0; rotation < 3; rotation++)
        {
            var fresh = keycloak.AccessTokenFor(SignedIn.Buyer);
            var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i =>
                client.OnceAsync(HttpMethod.Get, $"{journey.World.Hosts[i % 2].Url}/api/v1/me", content: null, SignedIn.Bearer(i % 4 < 2 ? fresh : old))));
            answers.Select(a => a.Status).ShouldAllBe(s => s == 200);
            keycloak.RotateKeys();
        }

        keycloak.RetireKeys();
        var newest = keycloak.AccessTokenFor(SignedIn.Buyer);
        foreach (var host in journey.World.Hosts)
        {
            (await client.OnceAsync(HttpMethod.Get, $"{host.Url}/api/v1/me", content: null, SignedIn.Bearer(newest))).Status.ShouldBe(200);
            (await client.OnceAsync(HttpMethod.Get, $"{host.Url}/api/v1/me", content: null, SignedIn.Bearer(old))).Status.ShouldBe(401);
        }
    }

    [Fact]
    public async Task A_host_that_never_saw_the_keys_says_try_again_and_works_as_soon_as_Keycloak_does()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 1, new(SignedIn.NoWorkers) { ["Access__KeyFetchSeconds"] = "1" });
        using var client = new Browser();
        var token = journey.World.Keycloak.AccessTokenFor(SignedIn.Buyer);
        journey.World.Keycloak.GoDown();
        var page = await client.OnceAsync(HttpMethod.Get, $"{journey.World.HostUrl}/api/v1/me", content: null, SignedIn.Bearer(token));
        page.Status.ShouldBe(503, "nobody can say whether the token is good");
        page.Error().ShouldBe("unavailable");
        page.Headers.ShouldContainKey("Retry-After");

        journey.World.Keycloak.Heal();
        (await client.OnceAsync(HttpMethod.Get, $"{journey.World.HostUrl}/api/v1/me", content: null, SignedIn.Bearer(token))).Status.ShouldBe(200);
    }
}
