using System.Text.Json.Nodes;
using BillingMonolith.Sandbox.Keycloak;
using static BillingMonolith.Specs.Sandbox.KeycloakBrowser;

namespace BillingMonolith.Specs.Sandbox;

public sealed class KeycloakLoginTests
{
    private const string WrongPassword = "Invalid username or password.";

    [Fact]
    public async Task A_login_with_proof_key_gives_tokens_with_the_claims_of_the_contract()
    {
        await using var world = await KeycloakHttp.StartAsync();
        using var browser = new KeycloakBrowser(world);
        world.Keycloak.EditAsAdministrator(DemoUsers.Admin.Id, u => u.With("subscription_tier", "professional"));
        var back = await browser.SignInAsync(DemoUsers.Admin);
        (back.Status, back["state"], back["iss"]).ShouldBe((302, "s1", $"{world.Keycloak.Url}/realms/uchub"));
        back.Location!.ToString().ShouldStartWith(Callback);

        var (status, tokens) = await browser.RedeemAsync(back["code"]);
        (status, (int)tokens!["refresh_expires_in"]!, (string)tokens["scope"]!).ShouldBe((200, 1800, "openid email profile"));
        var access = Claims(tokens["access_token"]);
        foreach (var expired in (string[])["exp", "iat", "auth_time", "jti"]) access.Remove(expired).ShouldBeTrue(expired);
        access.ToJsonString().ShouldBe(new JsonObject
        {
            ["iss"] = world.Keycloak.Issuer, ["aud"] = new JsonArray("billing", "account"), ["sub"] = DemoUsers.Admin.Id, ["typ"] = "Bearer", ["azp"] = "shop",
            ["sid"] = back["session_state"], ["acr"] = "1",
            ["realm_access"] = new JsonObject { ["roles"] = new JsonArray("default-roles-demo", "offline_access", "uma_authorization", "billing-admin") },
            ["resource_access"] = new JsonObject
            {
                ["account"] = new JsonObject { ["roles"] = new JsonArray("manage-account", "manage-account-links", "view-profile") },
            },
            ["scope"] = "openid email profile", ["email_verified"] = true, ["name"] = "Anna Admin", ["preferred_username"] = "admin",
            ["given_name"] = "Anna", ["family_name"] = "Admin", ["email"] = "admin@example.com", ["subscription_tier"] = "professional",
        }.ToJsonString());

        var id = Claims(tokens["id_token"]);
        ((string)id["typ"]!, (string)id["aud"]!, (string)id["nonce"]!, (string)id["sid"]!).ShouldBe(("ID", "shop", "n1", back["session_state"]!));
        id["realm_access"].ShouldBeNull();
    }

    [Fact]
    public async Task A_code_needs_its_verifier_and_a_wrong_try_uses_it_up()
    {
        await using var world = await KeycloakHttp.StartAsync();
        using var browser = new KeycloakBrowser(world);
        var back = await browser.SignInAsync(DemoUsers.Buyer);
        Refused(await browser.RedeemAsync(back["code"], "another-verifier-that-is-long-enough-0123456789")).ShouldBe("PKCE verification failed: Code mismatch");
        Refused(await browser.RedeemAsync(back["code"])).ShouldBe("Code not valid");
        var fresh = await browser.AuthorizeAsync();
        Refused(await browser.RedeemAsync(fresh["code"], "")).ShouldBe("PKCE code verifier not specified");
    }

    [Fact]
    public async Task A_code_used_twice_voids_what_the_first_use_got()
    {
        await using var world = await KeycloakHttp.StartAsync();
        using var browser = new KeycloakBrowser(world);
        var back = await browser.SignInAsync(DemoUsers.Buyer);
        var (_, tokens) = await browser.RedeemAsync(back["code"]);
        Refused(await browser.RedeemAsync(back["code"])).ShouldBe("Code not valid");
        Refused(await world.RefreshAsync(tokens)).ShouldBe("Session doesn't have required client");
    }

    [Fact]
    public async Task A_code_dies_after_a_minute()
    {
        var clock = new HandClock();
        await using var world = await KeycloakHttp.StartAsync(time: clock);
        using var browser = new KeycloakBrowser(world);
        var back = await browser.SignInAsync(DemoUsers.Buyer);
        clock.Advance(TimeSpan.FromSeconds(60));
        Refused(await browser.RedeemAsync(back["code"])).ShouldBe("Code not valid");
    }

    [Theory]
    [InlineData("http://evil.example/callback")]
    [InlineData("http://127.0.0.1:9@evil.example/callback")]
    [InlineData("")]
    public async Task An_unregistered_address_gets_a_page_and_no_redirect(string address)
    {
        await using var world = await KeycloakHttp.StartAsync();
        using var browser = new KeycloakBrowser(world);
        var page = await browser.AuthorizeAsync(("redirect_uri", address));
        (page.Status, page.Location, page.Alert).ShouldBe((400, null, "Invalid parameter: redirect_uri"));
    }

    [Theory]
    [InlineData("response_type", null, "invalid_request")]
    [InlineData("response_type", "token", "unsupported_response_type")]
    [InlineData("scope", "openid billing:grants", "invalid_scope")]
    [InlineData("code_challenge_method", "plain", "invalid_request")]
    [InlineData("code_challenge", null, "invalid_request")]
    [InlineData("prompt", "none", "login_required")]
    public async Task Other_errors_go_back_to_the_client(string parameter, string? value, string error)
    {
        await using var world = await KeycloakHttp.StartAsync();
        using var browser = new KeycloakBrowser(world);
        var back = await browser.AuthorizeAsync((parameter, value));
        (back.Status, back["error"], back["state"], back["iss"], back["code"]).ShouldBe((302, error, "s1", world.Keycloak.Issuer, null));
    }

    [Theory]
    [InlineData("buyer", "wrong", WrongPassword)]
    [InlineData("nobody", "nobody", WrongPassword)]
    [InlineData("twin@example.com", "twin1", WrongPassword)]
    [InlineData("disabled", "wrong", WrongPassword)]
    [InlineData("disabled", "disabled", "Account is disabled, contact your administrator.")]
    [InlineData("<b>x</b>", "x", WrongPassword)]
    public async Task The_form_says_why_not_and_can_be_sent_again(string username, string password, string alert)
    {
        await using var world = await KeycloakHttp.StartAsync();
        using var browser = new KeycloakBrowser(world);
        var page = await browser.SubmitAsync(await browser.AuthorizeAsync(), username, password);
        (page.Status, page.Location, page.Alert).ShouldBe((200, null, alert));
        page.Body.ShouldNotContain("<b>x");
        (await browser.SubmitAsync(page, "Ada.Lovelace@example.com", "buyer"))["code"].ShouldNotBeNull("an e-mail is as good as a username");
    }

    [Fact]
    public async Task A_form_is_worth_nothing_in_another_browser()
    {
        await using var world = await KeycloakHttp.StartAsync();
        using var mallory = new KeycloakBrowser(world);
        using var victim = new KeycloakBrowser(world);
        var form = await mallory.AuthorizeAsync();
        await victim.AuthorizeAsync();
        var answer = await victim.SubmitAsync(form, "buyer", "buyer");
        (answer.Status, answer.Location).ShouldBe((400, null));
        world.Keycloak.Sessions.ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_is_signed_in_passes_without_a_form_unless_the_client_asks_for_one()
    {
        await using var world = await KeycloakHttp.StartAsync();
        using var browser = new KeycloakBrowser(world);
        var first = await browser.SignInAsync(DemoUsers.Buyer);
        var second = await browser.AuthorizeAsync(("prompt", "none"));
        second["session_state"].ShouldBe(first["session_state"]);
        second["code"].ShouldNotBeNull().ShouldNotBe(first["code"]);
        (await browser.AuthorizeAsync(("prompt", "login"))).Status.ShouldBe(200);

        world.Keycloak.EditAsAdministrator(DemoUsers.Buyer.Id, u => u with { Enabled = false });
        (await browser.AuthorizeAsync(("prompt", "none")))["error"].ShouldBe("login_required");
    }

    private static string Refused((int Status, JsonNode? Body) answer)
    {
        (answer.Status, (string?)answer.Body!["error"]).ShouldBe((400, "invalid_grant"));
        return (string)answer.Body["error_description"]!;
    }
}
