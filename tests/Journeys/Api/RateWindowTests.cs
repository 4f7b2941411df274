using BillingMonolith.Host.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Specs.HostRoom.Api;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace BillingMonolith.Journeys.Api;

/// <summary>A limit is one limit, on however many hosts.</summary>
public sealed class RateWindowTests(Cluster cluster)
{
    private static readonly HttpMessageInvoker Http = new(new SocketsHttpHandler());
    private const string Thrice = "--Limits:ApiPerMinute=3";

    [Fact]
    public Task Of_sixty_at_once_on_two_hosts_exactly_ten_pass_and_the_rest_hears_when_to_come_back() => WithinAMinuteAsync(async hosts =>
    {
        var windows = Windows(hosts);
        var waits = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => windows[i % 2].CountAsync("ada", Limit.Api, 10, CancellationToken.None)));
        waits.Count(w => w is null).ShouldBe(10);
        foreach (var wait in waits.OfType<TimeSpan>()) wait.ShouldBeInRange(TimeSpan.Zero, TimeSpan.FromMinutes(1));
        (await windows[0].CountAsync("ada", Limit.Purchases, 10, CancellationToken.None)).ShouldBeNull("another limit");
        (await windows[0].CountAsync("grace", Limit.Api, 10, CancellationToken.None)).ShouldBeNull("another caller");
    });

    [Fact]
    public Task A_flood_beyond_the_limit_costs_no_query() => WithinAMinuteAsync(async hosts =>
    {
        var windows = Windows(hosts);
        (await windows[0].CountAsync("ada", Limit.Api, 1, CancellationToken.None)).ShouldBeNull();
        (await windows[0].CountAsync("ada", Limit.Api, 1, CancellationToken.None)).ShouldNotBeNull();
        await using (var owner = await hosts.Journey.Db.OpenConnectionAsync()) await owner.ExecuteAsync("UPDATE rate_windows SET count = 0");
        for (var i = 0; i < 5; i++) (await windows[0].CountAsync("ada", Limit.Api, 1, CancellationToken.None)).ShouldNotBeNull();
        (await hosts.Journey.ScalarAsync<int>("SELECT count FROM rate_windows")).ShouldBe(0, "nobody asked the database");
    });

    [Fact]
    public async Task A_new_minute_begins_anew()
    {
        await using var hosts = await TwoHosts.CreateAsync(cluster);
        var window = Windows(hosts)[0];
        await using (var owner = await hosts.Journey.Db.OpenConnectionAsync())
            await owner.ExecuteAsync("INSERT INTO rate_windows VALUES ('ada', 'api', date_trunc('minute', now()) - interval '1 minute', 999)");
        (await window.CountAsync("ada", Limit.Api, 1, CancellationToken.None)).ShouldBeNull();
        (await hosts.Journey.ScalarAsync<int>("SELECT count FROM rate_windows")).ShouldBe(1);
    }

    [Fact]
    public Task Over_HTTP_the_caller_is_refused_and_others_and_other_addresses_are_not() => WithinAMinuteAsync(async hosts =>
    {
        var address = await hosts.ListenAsync();
        for (var i = 0; i < 3; i++) (await GetAsync(address, "/api/v1/admin/events", "ada")).Status.ShouldBe(403, "refused requests count");
        var (status, retryAfter, body) = await GetAsync(address, "/api/v1/admin/events", "ada");
        status.ShouldBe(429);
        int.Parse(retryAfter!, System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(1, 60);
        body.ShouldContain("\"error\":\"rate-limited\"");
        (await GetAsync(address, "/API/v1/nowhere", "ada")).Status.ShouldBe(429);
        (await GetAsync(address, "/api/v1/admin/events", "grace")).Status.ShouldBe(403);
        (await GetAsync(address, "/api/v1/admin/events", caller: null)).Status.ShouldBe(401);
        (await GetAsync(address, "/health/live", "ada")).Status.ShouldBe(200);
    }, Thrice);

    [Fact]
    public Task A_route_can_have_a_stricter_limit() => WithinAMinuteAsync(async hosts =>
    {
        hosts.First.MapGet("/api/purchase", () => "bought").AllowAnonymous().WithMetadata(Limit.Purchases);
        hosts.First.MapGet("/api/other", () => "seen").AllowAnonymous();
        var address = await hosts.ListenAsync();
        (await GetAsync(address, "/api/purchase", "ada")).Status.ShouldBe(200);
        (await GetAsync(address, "/api/purchase", "ada")).Status.ShouldBe(200);
        (await GetAsync(address, "/api/purchase", "ada")).Status.ShouldBe(429);
        (await GetAsync(address, "/api/other", "ada")).Status.ShouldBe(200);
    }, "--Limits:PurchasesPerMinute=2");

    // Windows are minutes of the database's clock: a test that a minute's end fell into says nothing, and is run again.
    private async Task WithinAMinuteAsync(Func<TwoHosts, Task> act, params string[] settings)
    {
        for (var tries = 0; ; tries++)
        {
            await using var hosts = await TwoHosts.CreateAsync(cluster, change: null, settings);
            var minute = await MinuteAsync(hosts);
            try
            {
                await act(hosts);
                if (minute == await MinuteAsync(hosts)) return;
            }
            catch (Exception) when (tries < 2)
            {
                if (minute == await MinuteAsync(hosts)) throw;
            }
        }
    }

    private static Task<double> MinuteAsync(TwoHosts hosts) => hosts.Journey.ScalarAsync<double>("SELECT extract(epoch FROM date_trunc('minute', clock_timestamp()))::float8");

    private static RateWindows[] Windows(TwoHosts hosts) =>
        [hosts.First.Services.GetRequiredService<RateWindows>(), hosts.Second.Services.GetRequiredService<RateWindows>()];

    private static async Task<(int Status, string? RetryAfter, string Body)> GetAsync(string address, string path, string? caller)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address + path);
        if (caller is not null) request.Headers.Add(TestCaller.Header, caller);
        using var answer = await Http.SendAsync(request, CancellationToken.None);
        return ((int)answer.StatusCode, answer.Headers.RetryAfter?.ToString(), await answer.Content.ReadAsStringAsync());
    }
}
