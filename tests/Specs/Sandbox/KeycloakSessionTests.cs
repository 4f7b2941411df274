using System.Text.Json.Nodes;
using BillingMonolith.Sandbox.Keycloak;
using static BillingMonolith.Specs.Sandbox.KeycloakBrowser;

namespace BillingMonolith.Specs.Sandbox;

public sealed class KeycloakSessionTests
{
    [Fact]
    public async Task A_refresh_reads_roles_and_attributes_afresh()
    {
        await using var world = await KeycloakHttp.StartAsync();
        var (_, tokens) = await PasswordAsync(world);
        world.Keycloak.EditAsAdministrator(DemoUsers.Buyer.Id, u => u.With("subscription_tier", "trial") with { RealmRoles = ["billing-operator"] });
        var (status, fresh) = await world.RefreshAsync(tokens);
        var (before, after) = (Claims(tokens!["access_token"]), Claims(fresh!["access_token"]));
        status.ShouldBe(200);
        before.ContainsKey("subscription_tier").ShouldBeFalse("an attribute that is not set is absent");
        ((string)after["subscription_tier"]!, after["realm_access"]!.ToJsonString()).ShouldBe(("trial", """{"roles":["billing-operator"]}"""));
        ((string)after["sid"]!, (long)after["auth_time"]!).ShouldBe(((string)before["sid"]!, (long)before["auth_time"]!));
    }

    [Fact]
    public async Task A_refresh_fails_for_a_disabled_user_and_works_again_for_an_enabled_one()
    {
        await using var world = await KeycloakHttp.StartAsync();
        var (_, tokens) = await PasswordAsync(world);
        (await world.PutAsync(DemoUsers.Buyer.Id, """{"enabled":false}""")).Status.ShouldBe(204);
        Words(await world.RefreshAsync(tokens)).ShouldBe((400, "invalid_grant", "User disabled"));
        world.Keycloak.LogoutNotices.ShouldBeEmpty("Keycloak does not end sessions of who is disabled");
        world.Keycloak.EditAsAdministrator(DemoUsers.Buyer.Id, u => u with { Enabled = true });
        (await world.RefreshAsync(tokens)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_refresh_fails_after_an_administrators_sign_out_and_the_other_user_stays()
    {
        await using var world = await KeycloakHttp.StartAsync();
        var (_, ada) = await PasswordAsync(world);
        var (_, grace) = await PasswordAsync(world, "grace");
        await world.Keycloak.EndSessionsAsync(DemoUsers.Buyer.Id);
        Words(await world.RefreshAsync(ada)).ShouldBe((400, "invalid_grant", "Session not active"));
        (await world.RefreshAsync(grace)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_session_ends_after_half_an_hour_without_a_refresh_and_after_ten_hours_with_them()
    {
        var clock = new HandClock();
        await using var world = await KeycloakHttp.StartAsync(time: clock);
        var (_, tokens) = await PasswordAsync(world);
        for (var i = 0; i < 20; i++)
        {
            clock.Advance(TimeSpan.FromMinutes(29));
            (var status, tokens) = await world.RefreshAsync(tokens);
            status.ShouldBe(200);
        }

        ((int)tokens!["refresh_expires_in"]!).ShouldBe(20 * 60, "ten hours are nearly over");
        clock.Advance(TimeSpan.FromMinutes(20));
        Words(await world.RefreshAsync(tokens)).ShouldBe((400, "invalid_grant", "Token is not active"));

        var (_, idle) = await PasswordAsync(world);
        clock.Advance(TimeSpan.FromMinutes(30));
        Words(await world.RefreshAsync(idle)).ShouldBe((400, "invalid_grant", "Token is not active"));
    }

    [Fact]
    public async Task With_rotation_on_a_refresh_token_that_comes_twice_ends_the_session_for_both()
    {
        await using var world = await KeycloakHttp.StartAsync();
        var (_, first) = await PasswordAsync(world);
        (await world.RefreshAsync(first)).Status.ShouldBe(200);
        (await world.RefreshAsync(first)).Status.ShouldBe(200, "off: a refresh token is good until it ends");

        world.Keycloak.RotateRefreshTokens = true;
        var (_, second) = await world.RefreshAsync(first);
        Words(await world.RefreshAsync(first)).ShouldBe((400, "invalid_grant", "Maximum allowed refresh token reuse exceeded"));
        Words(await world.RefreshAsync(second)).ShouldBe((400, "invalid_grant", "Session doesn't have required client"));
    }

    [Fact]
    public async Task Of_twenty_refreshes_at_once_rotation_lets_one_through()
    {
        await using var world = await KeycloakHttp.StartAsync();
        world.Keycloak.RotateRefreshTokens = true;
        var (_, tokens) = await PasswordAsync(world);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => world.RefreshAsync(tokens)));
        answers.Count(a => a.Status == 200).ShouldBe(1);
    }

    [Theory]
    [InlineData("buyer", "wrong", "openid", 401, "invalid_grant", "Invalid user credentials")]
    [InlineData("disabled", "disabled", "openid", 400, "invalid_grant", "Account disabled")]
    [InlineData("buyer", "buyer", "billing:grants", 400, "invalid_scope", "Invalid scopes: billing:grants")]
    public async Task Password_errors(string username, string password, string scope, int status, string error, string description)
    {
        await using var world = await KeycloakHttp.StartAsync();
        Words(await PasswordAsync(world, username, password, scope)).ShouldBe((status, error, description));
    }

    [Fact]
    public async Task A_service_token_has_the_grant_scope_and_no_session()
    {
        await using var world = await KeycloakHttp.StartAsync();
        var (status, body) = await world.TokenAsync(new() { ["grant_type"] = "client_credentials" }, basic: $"crm:{DemoClients.CrmSecret}");
        var claims = Claims(body!["access_token"]);
        (status, (string)claims["client_id"]!, (string)claims["preferred_username"]!).ShouldBe((200, "crm", "service-account-crm"));
        (claims["aud"]!.ToJsonString(), (string)claims["scope"]!).ShouldBe(("""["billing","account"]""", "billing:grants billing:consume billing:features email profile"));
        (claims["sid"], body["refresh_token"]).ShouldBe((null, null));
        Words(await world.TokenAsync(new() { ["grant_type"] = "client_credentials", ["client_id"] = "shop" })).Error.ShouldBe("unauthorized_client");

        world.SignIn(world.Keycloak.ServiceTokenFor("crm"));
        (await world.GetAsync(world.Users)).ShouldBe((403, """{"error":"HTTP 403 Forbidden"}"""));
    }

    [Fact]
    public async Task Userinfo_tells_the_bearer_of_a_living_session_with_openid_and_nobody_else()
    {
        await using var world = await KeycloakHttp.StartAsync();
        var userinfo = $"{world.Keycloak.Issuer}/protocol/openid-connect/userinfo";
        world.SignIn(world.Keycloak.AccessTokenFor(DemoUsers.Grace));
        var (status, body) = await world.GetAsync(userinfo);
        (status, (string)JsonNode.Parse(body)!["sub"]!).ShouldBe((200, DemoUsers.Grace.Id));
        await world.Keycloak.EndSessionsAsync(DemoUsers.Grace.Id);
        (await ChallengeAsync()).ShouldContain("error=\"invalid_token\"");

        world.SignIn(world.Keycloak.ServiceTokenFor("crm"));
        (await ChallengeAsync(403)).ShouldContain("error=\"insufficient_scope\"");
        world.SignIn("not.a.token");
        (await ChallengeAsync()).ShouldBe("Bearer realm=\"uchub\", error=\"invalid_token\", error_description=\"Token verification failed\"");

        async Task<string> ChallengeAsync(int expected = 401)
        {
            using var response = await world.RawAsync(HttpMethod.Get, userinfo);
            ((int)response.StatusCode, await response.Content.ReadAsStringAsync()).ShouldBe((expected, ""));
            return response.Headers.WwwAuthenticate.ToString();
        }
    }

    [Fact]
    public async Task Introspection_knows_the_living_from_the_ended()
    {
        await using var world = await KeycloakHttp.StartAsync();
        var token = world.Keycloak.AccessTokenFor(DemoUsers.Grace);
        (await world.IntrospectAsync(token)).ShouldBe((true, "grace"));
        await world.Keycloak.EndSessionsAsync(DemoUsers.Grace.Id);
        (await world.IntrospectAsync(token)).ShouldBe((false, null));
    }

    private static Task<(int Status, JsonNode? Body)> PasswordAsync(
        KeycloakHttp world, string username = "buyer", string? password = null, string scope = "openid") => world.TokenAsync(new()
        {
            ["grant_type"] = "password", ["client_id"] = "shop", ["username"] = username, ["password"] = password ?? username, ["scope"] = scope,
        });

    private static (int Status, string? Error, string? Description) Words((int Status, JsonNode? Body) answer) =>
        (answer.Status, (string?)answer.Body!["error"], (string?)answer.Body["error_description"]);
}
