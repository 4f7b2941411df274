using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Access;

/// <summary>A session lives as long as Keycloak vouches for it, on every host.</summary>
public sealed class SessionTests(Cluster cluster)
{
    [Fact]
    public async Task A_back_channel_logout_ends_another_browsers_session_at_once_and_only_that_persons()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 1, SignedIn.NoWorkers);
        var origin = journey.World.HostUrl;
        using var laptop = new Browser();
        using var phone = new Browser();
        using var grace = new Browser();
        await laptop.SignInAsync(origin, SignedIn.Buyer);
        await phone.SignInAsync(origin, SignedIn.Buyer);
        await grace.SignInAsync(origin, DemoUsers.Grace);

        await laptop.SignOutAsync(origin);
        (await phone.MeAsync(origin)).Status.ShouldBe(200, "another browser is another session");

        await journey.World.Keycloak.EndSessionsAsync(SignedIn.Buyer.Id);
        (await phone.MeAsync(origin)).Status.ShouldBe(401);
        (await grace.MeAsync(origin)).Status.ShouldBe(200);
        journey.Refreshes().ShouldBe(0, "the back channel ended it, not a check");
        (await journey.CountAsync("audit_logs WHERE action = 'session.ended' AND user_id = @Id", SignedIn.Buyer)).ShouldBe(1);
    }

    [Fact]
    public async Task A_logout_token_that_is_not_sound_or_of_another_time_ends_nothing()
    {
        await using var visit = await Visit.StartAsync(cluster, SignedIn.Buyer);
        var (journey, browser, origin) = visit;
        var keycloak = journey.World.Keycloak;
        using var stranger = new Browser();

        foreach (var (token, why) in (List<(string, string)>)[("", "empty"), ("a.b.c", "no token"), (keycloak.AccessTokenFor(SignedIn.Buyer), "an access token")])
            (await stranger.OnceAsync(HttpMethod.Post, $"{origin}/backchannel-logout", new FormUrlEncodedContent([new("logout_token", token)]))).Status.ShouldBe(400, why);
        (await stranger.OnceAsync(HttpMethod.Post, $"{origin}/backchannel-logout", SignedIn.Json("{}"))).Status.ShouldBe(400);
        (await browser.MeAsync(origin)).Status.ShouldBe(200);

        // Sent once more after its user has come back: what began since is not meant.
        await journey.ExecuteAsync("UPDATE access_sessions SET created_at = now() + interval '1 minute'");
        await keycloak.EndSessionsAsync(SignedIn.Buyer.Id);
        keycloak.LogoutNotices.ShouldHaveSingleItem().Status.ShouldBe(200);
        (await journey.CountAsync("access_sessions")).ShouldBe(1);
    }

    [Fact]
    public async Task Who_was_disabled_or_signed_out_without_a_word_is_out_at_the_next_check_and_not_before()
    {
        await using var visit = await Visit.StartAsync(cluster, SignedIn.Buyer);
        var (journey, browser, origin) = visit;
        journey.World.Keycloak.EditAsAdministrator(SignedIn.Buyer.Id, u => u with { Enabled = false });

        (await browser.MeAsync(origin)).Status.ShouldBe(200, "the last check was a moment ago");
        await journey.AgeSessionsAsync();
        (await browser.MeAsync(origin)).Status.ShouldBe(401);
        (await journey.CountAsync("access_sessions")).ShouldBe(0);
    }

    [Fact]
    public async Task A_role_that_was_taken_away_is_gone_at_the_next_check()
    {
        await using var visit = await Visit.StartAsync(cluster, DemoUsers.Admin);
        var (journey, browser, origin) = visit;
        (await browser.MeAsync(origin)).Body.ShouldContain("billing-admin");

        journey.World.Keycloak.EditAsAdministrator(DemoUsers.Admin.Id, u => u with { RealmRoles = u.RealmRoles.Remove("billing-admin") });
        await journey.AgeSessionsAsync();

        (await browser.MeAsync(origin)).Body.ShouldNotContain("billing-admin");
        (await browser.MeAsync(origin)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task While_Keycloak_does_not_answer_a_session_is_neither_trusted_nor_ended()
    {
        await using var visit = await Visit.StartAsync(cluster, SignedIn.Buyer);
        var (journey, browser, origin) = visit;
        await journey.AgeSessionsAsync();

        foreach (var fault in (Fault[])
        [
            new(_ => true, int.MaxValue) { ResetBefore = true },
            new(_ => true, int.MaxValue) { Status = 500, Body = "{}" },
            new(_ => true, int.MaxValue) { Status = 200, ContentType = "text/html", Body = "<h1>Bad gateway</h1>" },
            new(_ => true, int.MaxValue) { Status = 200, Body = "[]" },
            new(_ => true, int.MaxValue) { Status = 401, Body = """{"error":"invalid_client"}""" },
            new(_ => true, int.MaxValue) { Status = 429, Body = "{}", Headers = new() { ["Retry-After"] = "7" } },
        ])
        {
            journey.World.Keycloak.Add(fault);
            var page = await browser.MeAsync(origin);
            page.Status.ShouldBe(503, fault.Body);
            page.Headers.ShouldContainKey("Retry-After");
            journey.World.Keycloak.Heal();
        }

        (await browser.MeAsync(origin)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Fifty_requests_over_two_hosts_ask_Keycloak_once_though_each_refresh_token_is_good_for_one_use()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2, new(SignedIn.NoWorkers) { ["Limits__ApiPerMinute"] = "10000" });
        journey.World.Keycloak.RotateRefreshTokens = true;
        using var browser = new Browser();
        await browser.SignInAsync(journey.World.HostUrl, SignedIn.Buyer);

        for (var round = 1; round <= 3; round++)
        {
            await journey.AgeSessionsAsync();
            var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => browser.MeAsync(journey.World.Hosts[i % 2].Url)));
            answers.Select(a => a.Status).ShouldAllBe(s => s == 200);
            journey.Refreshes().ShouldBe(round);
        }
    }

    [Fact]
    public async Task A_session_that_was_ended_while_Keycloak_was_asked_stays_ended()
    {
        await using var visit = await Visit.StartAsync(cluster, SignedIn.Buyer);
        var (journey, browser, origin) = visit;
        await journey.AgeSessionsAsync();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        journey.World.Keycloak.Add(new Fault(r => r.Path.Value!.EndsWith("/token", StringComparison.Ordinal) && asked.TrySetResult(), 1)
        {
            Delay = TimeSpan.FromMilliseconds(500),
        });

        var request = browser.MeAsync(origin);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(20)); // a host that never asks must not hang the test
        await journey.ExecuteAsync("DELETE FROM access_sessions");

        (await request).Status.ShouldBe(401);
        (await journey.CountAsync("access_sessions")).ShouldBe(0);
    }
}
