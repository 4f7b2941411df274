using System.Globalization;
using BillingMonolith.Host.Http;
using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox.Keycloak;
using Microsoft.AspNetCore.Builder;

namespace BillingMonolith.Journeys.Api;

/// <summary>A limit is one limit, on however many hosts.</summary>
public sealed class RateWindowTests(Cluster cluster)
{
    [Fact]
    public Task Of_sixty_at_once_on_two_hosts_exactly_ten_pass_and_the_rest_hears_when_to_come_back() => WithinAMinuteAsync(perMinute: 10, async journey =>
    {
        var ada = journey.TokenOf(DemoUsers.Buyer);
        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => journey.World.Hosts[i % 2].GetAsync("/api/v1/me", ada)));
        answers.Count(a => a.Status == 200).ShouldBe(10);
        foreach (var refused in answers.Where(a => a.Status != 200))
        {
            (refused.Status, refused.Error()).ShouldBe((429, "rate-limited"));
            int.Parse(refused.Headers["Retry-After"], CultureInfo.InvariantCulture).ShouldBeInRange(1, 60);
        }

        (await journey.World.Hosts[0].GetAsync("/api/v1/me", journey.TokenOf(DemoUsers.Grace))).Status.ShouldBe(200, "another caller");
    });

    [Fact]
    public Task Refused_requests_count_and_other_callers_and_other_addresses_are_not_limited() => WithinAMinuteAsync(perMinute: 3, async journey =>
    {
        var (host, ada) = (journey.World.Hosts[1], journey.TokenOf(DemoUsers.Buyer));
        for (var i = 0; i < 3; i++) (await host.GetAsync("/api/v1/admin/events", ada)).Status.ShouldBe(403);
        (await host.GetAsync("/api/v1/admin/events", ada)).Error().ShouldBe("rate-limited");
        (await host.GetAsync("/API/v1/nowhere", ada)).Status.ShouldBe(429);
        (await host.GetAsync("/api/v1/admin/events", journey.TokenOf(DemoUsers.Grace))).Status.ShouldBe(403);
        (await host.GetAsync("/api/v1/admin/events", token: null)).Status.ShouldBe(401);
        (await host.GetAsync("/health/live", ada)).Status.ShouldBe(200);
    });

    [Fact]
    public Task A_flood_beyond_the_limit_costs_no_query() => WithinAMinuteAsync(perMinute: 1, async journey =>
    {
        var (host, ada) = (journey.World.Host, journey.TokenOf(DemoUsers.Buyer));
        (await host.GetAsync("/api/v1/me", ada)).Status.ShouldBe(200);
        (await host.GetAsync("/api/v1/me", ada)).Status.ShouldBe(429);
        await journey.ExecuteAsync("UPDATE rate_windows SET count = 0");
        for (var i = 0; i < 5; i++) (await host.GetAsync("/api/v1/me", ada)).Status.ShouldBe(429);
        (await journey.ScalarAsync<int>("SELECT count FROM rate_windows")).ShouldBe(0, "nobody asked the database");
    });

    [Fact]
    public async Task A_new_minute_begins_anew()
    {
        await using var journey = await StartAsync(perMinute: 1);
        await journey.ExecuteAsync("INSERT INTO rate_windows VALUES (@Id, 'api', date_trunc('minute', now()) - interval '1 minute', 999)", DemoUsers.Buyer);
        (await journey.World.Host.GetAsync("/api/v1/me", journey.TokenOf(DemoUsers.Buyer))).Status.ShouldBe(200);
        (await journey.ScalarAsync<int>("SELECT count FROM rate_windows")).ShouldBe(1);
    }

    /// <summary>In the test's own process, for the sake of a route that is not there.</summary>
    [Fact]
    public Task A_route_can_have_a_stricter_limit() => WithinAMinuteAsync(perMinute: 100, async journey =>
    {
        await using var host = TwoHosts.New(journey, change: null, ["--Limits:PurchasesPerMinute=2"]);
        host.MapGet("/api/purchase", () => "bought").AllowAnonymous().WithMetadata(Limit.Purchases);
        host.MapGet("/api/other", () => "seen").AllowAnonymous();
        await host.StartAsync();
        foreach (var (path, status) in (List<(string, int)>)[("/api/purchase", 200), ("/api/purchase", 200), ("/api/purchase", 429), ("/api/other", 200)])
            (await ApiCalls.CallAsync(HttpMethod.Get, host.Urls.Single() + path, content: null, journey.TokenOf(DemoUsers.Buyer))).Status.ShouldBe(status, path);
    });

    // Windows are minutes of the database's clock: a test that a minute's end fell into says nothing, and is run again.
    private async Task WithinAMinuteAsync(int perMinute, Func<Journey, Task> act)
    {
        for (var tries = 0; ; tries++)
        {
            await using var journey = await StartAsync(perMinute);
            var minute = await MinuteAsync(journey);
            try
            {
                await act(journey);
                if (minute == await MinuteAsync(journey)) return;
            }
            catch (Exception) when (tries < 2)
            {
                if (minute == await MinuteAsync(journey)) throw;
            }
        }
    }

    private Task<Journey> StartAsync(int perMinute) =>
        Journey.StartAsync(cluster, hosts: 2, new(SignedIn.NoWorkers) { ["Limits__ApiPerMinute"] = perMinute.ToString(CultureInfo.InvariantCulture) });

    private static Task<double> MinuteAsync(Journey journey) => journey.ScalarAsync<double>("SELECT extract(epoch FROM date_trunc('minute', clock_timestamp()))::float8");
}
