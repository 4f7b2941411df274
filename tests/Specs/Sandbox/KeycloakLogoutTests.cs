using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using BillingMonolith.Sandbox.Keycloak;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using static BillingMonolith.Specs.Sandbox.KeycloakBrowser;

namespace BillingMonolith.Specs.Sandbox;

public sealed class KeycloakLogoutTests
{
    [Fact]
    public async Task A_logout_ends_the_session_tells_the_client_once_and_returns_the_browser()
    {
        await using var world = await KeycloakHttp.StartAsync();
        await using var app = await Application.StartAsync(world);
        using var browser = new KeycloakBrowser(world);
        var (tokens, sid) = await app.SignInAsync(browser);

        var back = await browser.LogoutAsync(
            ("id_token_hint", (string)tokens["id_token"]!), ("post_logout_redirect_uri", $"{app.Origin}/bye"), ("state", "x/y"));
        (back.Status, back.Location!.ToString()).ShouldBe((302, $"{app.Origin}/bye?state=x%2Fy"));
        (await browser.AuthorizeAsync(("prompt", "none")))["error"].ShouldBe("login_required");
        world.Keycloak.Sessions.ShouldBeEmpty();

        var token = app.LogoutTokens.ShouldHaveSingleItem();
        ((string)Header(token)["typ"]!, (string)Header(token)["alg"]!).ShouldBe(("logout+jwt", "RS256"));
        var claims = Claims(token);
        ((long)claims["exp"]! - (long)claims["iat"]!).ShouldBe(120);
        foreach (var different in (string[])["exp", "iat", "jti"]) claims.Remove(different).ShouldBeTrue(different);
        claims.ToJsonString().ShouldBe(new JsonObject
        {
            ["iss"] = world.Keycloak.Issuer, ["aud"] = "billing", ["sub"] = DemoUsers.Buyer.Id, ["typ"] = "Logout", ["sid"] = sid,
            ["events"] = new JsonObject { ["http://schemas.openid.net/event/backchannel-logout"] = new JsonObject() },
        }.ToJsonString());

        (await browser.LogoutAsync(("id_token_hint", (string)tokens["id_token"]!))).Status.ShouldBe(200, "the session is over already");
        world.Keycloak.LogoutNotices.ShouldHaveSingleItem().Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_client_that_is_down_is_told_once_and_the_session_ends_all_the_same()
    {
        await using var world = await KeycloakHttp.StartAsync();
        await using var app = await Application.StartAsync(world);
        using var browser = new KeycloakBrowser(world);
        await app.SignInAsync(browser);
        app.Status = 503;
        await world.Keycloak.EndSessionsAsync(DemoUsers.Buyer.Id);
        await world.Keycloak.EndSessionsAsync(DemoUsers.Buyer.Id);
        app.LogoutTokens.Count.ShouldBe(1);
        world.Keycloak.LogoutNotices.ShouldHaveSingleItem().Status.ShouldBe(503);
        world.Keycloak.Sessions.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_a_hint_the_person_is_asked_first()
    {
        await using var world = await KeycloakHttp.StartAsync();
        using var browser = new KeycloakBrowser(world);
        using var stranger = new KeycloakBrowser(world);
        await browser.SignInAsync(DemoUsers.Buyer);
        var page = await browser.LogoutAsync(("client_id", "shop"), ("post_logout_redirect_uri", Callback));
        (page.Status, world.Keycloak.Sessions.Count).ShouldBe((200, 1));

        (await stranger.SendAsync(HttpMethod.Post, page.Action, [])).Status.ShouldBe(400);
        world.Keycloak.Sessions.Count.ShouldBe(1);
        (await browser.SendAsync(HttpMethod.Post, page.Action, [])).Location!.ToString().ShouldBe(Callback);
        world.Keycloak.Sessions.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_unregistered_address_and_a_forged_hint_get_a_page_and_end_nothing()
    {
        await using var world = await KeycloakHttp.StartAsync();
        using var browser = new KeycloakBrowser(world);
        var (_, tokens) = await browser.RedeemAsync((await browser.SignInAsync(DemoUsers.Buyer))["code"]);
        var hint = (string)tokens!["id_token"]!;
        var elsewhere = await browser.LogoutAsync(("id_token_hint", hint), ("post_logout_redirect_uri", "http://evil.example/"));
        (elsewhere.Status, elsewhere.Location, elsewhere.Alert).ShouldBe((400, null, "Invalid redirect uri"));
        (await browser.LogoutAsync(("id_token_hint", $"{hint[..^8]}AAAAAAAA"))).Alert.ShouldBe("Invalid parameter: id_token_hint");
        (await browser.LogoutAsync(("id_token_hint", (string)tokens["access_token"]!))).Alert.ShouldBe("Invalid parameter: id_token_hint");
        world.Keycloak.Sessions.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_rotated_key_signs_the_old_one_is_published_until_it_is_retired()
    {
        await using var world = await KeycloakHttp.StartAsync();
        var old = world.Keycloak.AccessTokenFor(DemoUsers.Grace);
        world.Keycloak.RotateKeys();
        var fresh = world.Keycloak.AccessTokenFor(DemoUsers.Grace);
        string[] kids = [(string)Header(old)["kid"]!, (string)Header(fresh)["kid"]!];
        kids.Distinct().Count().ShouldBe(2);
        (await SigningKeysAsync(world)).ShouldBe(kids, ignoreOrder: true);
        (await world.IntrospectAsync(old)).Active.ShouldBeTrue();

        world.Keycloak.RetireKeys();
        (await SigningKeysAsync(world)).ShouldBe([kids[1]]);
        ((await world.IntrospectAsync(old)).Active, (await world.IntrospectAsync(fresh)).Active).ShouldBe((false, true));

        await using var another = await KeycloakHttp.StartAsync();
        (await SigningKeysAsync(another)).ShouldBe([kids[0]], "a rotation is this realm's own");
    }

    [Fact]
    public async Task The_realms_page_signs_out_disables_and_rotates()
    {
        await using var world = await KeycloakHttp.StartAsync();
        using var browser = new KeycloakBrowser(world);
        world.Keycloak.AccessTokenFor(DemoUsers.Grace);
        var user = new Dictionary<string, string> { ["user"] = DemoUsers.Grace.Id };
        foreach (var action in (string[])["sign-out", "disable", "rotate"])
            (await browser.SendAsync(HttpMethod.Post, $"{world.Keycloak.Url}/dashboard/{action}", user)).Status.ShouldBe(303);

        (world.Keycloak.Sessions.Count, world.Stored(DemoUsers.Grace.Id).Enabled, (await SigningKeysAsync(world)).Length).ShouldBe((0, false, 2));
        (await browser.SendAsync(HttpMethod.Get, $"{world.Keycloak.Url}/")).Body.ShouldContain("grace.hopper@example.com");
    }

    private static async Task<string[]> SigningKeysAsync(KeycloakHttp world) =>
        [.. (await world.JsonAsync($"{world.Keycloak.Issuer}/protocol/openid-connect/certs"))["keys"]!.AsArray()
            .Where(k => (string)k!["use"]! == "sig").Select(k => (string)k!["kid"]!)];

    /// <summary>The service behind the confidential client, as far as the realm sees it: an address, and an ear for logouts.</summary>
    private sealed class Application(WebApplication server, KeycloakHttp world, string origin) : IAsyncDisposable
    {
        public string Origin => origin;
        public ConcurrentQueue<string> LogoutTokens { get; } = [];
        public int Status { get; set; } = 200;

        public static async Task<Application> StartAsync(KeycloakHttp world)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Logging.ClearProviders();
            var server = builder.Build();
            Application? app = null;
            server.MapPost("/backchannel-logout", async (HttpRequest request) =>
            {
                app!.LogoutTokens.Enqueue((await request.ReadFormAsync())["logout_token"]!);
                return Results.StatusCode(app.Status);
            });
            await server.StartAsync();
            world.Keycloak.Register(server.Urls.First());
            return app = new Application(server, world, server.Urls.First());
        }

        public async Task<(JsonNode Tokens, string Sid)> SignInAsync(KeycloakBrowser browser)
        {
            var callback = $"{origin}/signin-oidc";
            var back = await browser.SignInAsync(DemoUsers.Buyer, ("client_id", "billing"), ("redirect_uri", callback));
            var (status, tokens) = await world.TokenAsync(new()
            {
                ["grant_type"] = "authorization_code", ["redirect_uri"] = callback, ["code"] = back["code"]!, ["code_verifier"] = Verifier,
            }, basic: "billing:s3cret%2B%26%3D");
            status.ShouldBe(200);
            return (tokens!, back["session_state"]!);
        }

        public ValueTask DisposeAsync() => server.DisposeAsync();
    }
}
