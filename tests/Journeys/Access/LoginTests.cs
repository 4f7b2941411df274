using System.Security.Cryptography;
using System.Text;
using BillingMonolith.Journeys.Kit;

namespace BillingMonolith.Journeys.Access;

/// <summary>A browser signs in with Keycloak, is known by its cookie, and signs out.</summary>
[Collection(nameof(AccessHost))]
public sealed class LoginTests(Cluster cluster, AccessHost host)
{
    [Fact]
    public async Task A_buyer_signs_in_is_known_by_the_cookie_and_signs_out_here_and_at_Keycloak()
    {
        await using var visit = await Visit.StartAsync(cluster);
        var (journey, browser, origin) = visit;

        (await browser.MeAsync(origin)).Status.ShouldBe(401);
        var home = await browser.SignInAsync(origin, SignedIn.Buyer, "/account?from=test");
        home.Url.ShouldBe($"{origin}/account?from=test");
        home.Body.ShouldContain("Ada Lovelace");
        var me = await browser.MeAsync(origin);
        me.Json.GetProperty("user_id").GetString().ShouldBe(SignedIn.Buyer.Id);
        me.Json.GetProperty("email").GetString().ShouldBe(SignedIn.Buyer.Email);
        me.Json.GetProperty("is_service").GetBoolean().ShouldBeFalse();
        var cookie = browser.Cookies["__Host-session"];

        using var form = new FormUrlEncodedContent([new("csrf_token", await browser.CsrfTokenAsync(origin))]);
        var onward = (await browser.OnceAsync(HttpMethod.Post, $"{origin}/logout", form)).Headers["Location"];
        browser.Cookies.ShouldNotContainKey("__Host-session");
        browser.Cookies["__Host-session"] = cookie;
        (await browser.MeAsync(origin)).Status.ShouldBe(401, "the cookie of an ended session is worth nothing");
        browser.Cookies.TryRemove("__Host-session", out _);
        (await browser.GetAsync(onward)).Url.ShouldBe($"{origin}/");
        journey.World.Keycloak.Sessions.ShouldBeEmpty("the person is signed out at Keycloak too");
        (await journey.RowsAsync<string>("SELECT action FROM audit_logs WHERE user_id = @Id AND username = 'buyer' ORDER BY id", SignedIn.Buyer))
            .ShouldBe(["user.login", "user.logout"]);
    }

    [Fact]
    public async Task The_cookie_is_bound_to_this_host_and_the_database_cannot_be_used_to_be_anybody()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 1, SignedIn.NoWorkers);
        using var browser = new Browser();
        await browser.SignInAsync(journey.World.HostUrl, SignedIn.Buyer);
        var cookie = browser.Cookies["__Host-session"];

        // Keycloak knows the browser still, so it is sent straight back.
        var challenge = (await browser.OnceAsync(HttpMethod.Get, $"{journey.World.HostUrl}/login")).Headers["Location"];
        var callback = (await browser.OnceAsync(HttpMethod.Get, challenge)).Headers["Location"];
        var set = (await browser.OnceAsync(HttpMethod.Get, callback)).Headers["Set-Cookie"].Split(", __Host-").Select(c => c.StartsWith("__Host-", StringComparison.Ordinal) ? c : $"__Host-{c}")
            .Single(c => c.StartsWith("__Host-session", StringComparison.Ordinal));
        set.ShouldStartWith("__Host-session=");
        foreach (var attribute in (string[])["path=/", "secure", "httponly", "samesite=lax"]) set.ShouldContain(attribute, Case.Insensitive);
        set.ShouldNotContain("domain=", Case.Insensitive);
        set.ShouldNotContain("expires=", Case.Insensitive);

        var fresh = browser.Cookies["__Host-session"];
        fresh.ShouldNotBe(cookie, "each sign-in has a key of its own");
        var row = await journey.RowsAsync<byte[]>("SELECT id FROM access_sessions");
        row.ShouldHaveSingleItem().ShouldBe(SHA256.HashData(Encoding.UTF8.GetBytes(fresh)), "the old session is over, and of the new one only a hash is kept");
        var ticket = await journey.ScalarAsync<byte[]>("SELECT ticket FROM access_sessions");
        Encoding.Latin1.GetString(ticket!).ShouldNotContain("refresh_token", Case.Sensitive, "tickets are encrypted");
    }

    [Fact]
    public async Task Who_planted_his_own_session_in_a_browser_does_not_get_what_signs_in_there_next()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 1, SignedIn.NoWorkers);
        var origin = journey.World.HostUrl;
        using var attacker = new Browser();
        using var victim = new Browser();
        await attacker.SignInAsync(origin, Sandbox.Keycloak.DemoUsers.Grace);
        victim.Cookies["__Host-session"] = attacker.Cookies["__Host-session"];

        await victim.SignInAsync(origin, SignedIn.Buyer);

        (await victim.MeAsync(origin)).Json.GetProperty("user_id").GetString().ShouldBe(SignedIn.Buyer.Id);
        (await attacker.MeAsync(origin)).Status.ShouldBe(401);
    }

    [Theory]
    [InlineData("//evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("https://evil.example")]
    [InlineData("https:/evil.example")]
    [InlineData("javascript:alert(1)")]
    [InlineData("/\t/evil.example")]
    [InlineData("/\n/evil.example")]
    [InlineData("~/")]
    [InlineData("~//evil.example")]
    [InlineData("evil.example")]
    [InlineData("\\\\evil.example")]
    [InlineData("")]
    [InlineData(" /account")]
    [InlineData("/%09/evil", true)]
    [InlineData("/account?x=//evil", true)]
    [InlineData("/", true)]
    public async Task A_return_address_is_a_path_of_ours_or_refused(string returnUrl, bool fine = false)
    {
        using var browser = new Browser();
        var page = await browser.OnceAsync(HttpMethod.Get, $"{host.Url}/login?return_url={Uri.EscapeDataString(returnUrl)}");
        page.Status.ShouldBe(fine ? 302 : 400, page.Body);
        if (!fine) page.Body.ShouldContain("return_url must be a path on this site");
    }

    [Fact]
    public async Task A_state_is_good_for_one_browser_and_one_time()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 1, SignedIn.NoWorkers);
        var origin = journey.World.HostUrl;
        using var victim = new Browser();
        using var attacker = new Browser();
        await attacker.SignInAsync(origin, SignedIn.Buyer);
        var callback = attacker.Visited.Single(u => u.StartsWith($"{origin}/signin-oidc", StringComparison.Ordinal));

        foreach (var page in (Page[])[await victim.GetAsync(callback), await attacker.GetAsync(callback), await victim.GetAsync($"{origin}/signin-oidc?code=x&state=y")])
        {
            page.Url.ShouldStartWith($"{origin}/login/failed");
            page.Body.ShouldContain("Try again");
        }

        (await victim.MeAsync(origin)).Status.ShouldBe(401);
    }

    [Fact]
    public async Task An_answer_of_another_issuer_is_refused_though_all_else_is_right()
    {
        await using var visit = await Visit.StartAsync(cluster);
        var (journey, browser, origin) = visit;
        var login = await browser.GetAsync($"{origin}/login");
        var callback = await browser.CallbackAsync(login, SignedIn.Buyer);

        var mixedUp = callback.Replace(Uri.EscapeDataString(journey.World.Keycloak.Issuer), Uri.EscapeDataString("https://evil.example/realms/demo"), StringComparison.Ordinal);
        mixedUp.ShouldNotBe(callback);
        (await browser.GetAsync(mixedUp)).Url.ShouldContain("reason=invalid");
        (await browser.MeAsync(origin)).Status.ShouldBe(401);
    }

    [Fact]
    public async Task An_ID_token_of_another_sign_in_is_refused()
    {
        await using var visit = await Visit.StartAsync(cluster);
        var (journey, browser, origin) = visit;
        var challenge = (await browser.OnceAsync(HttpMethod.Get, $"{origin}/login")).Headers["Location"];
        var nonce = System.Web.HttpUtility.ParseQueryString(new Uri(challenge).Query)["nonce"]!;

        var login = await browser.GetAsync(challenge.Replace(nonce, "another-sign-ins-nonce", StringComparison.Ordinal));
        var page = await browser.SubmitAsync(login, ("username", "buyer"), ("password", "buyer"));

        page.Url.ShouldContain("reason=invalid");
        (await browser.MeAsync(origin)).Status.ShouldBe(401);
    }

    [Fact]
    public async Task Who_cancels_or_meets_a_Keycloak_that_is_down_is_told_so_in_words()
    {
        await using var visit = await Visit.StartAsync(cluster);
        var (journey, browser, origin) = visit;
        var issuer = Uri.EscapeDataString(journey.World.Keycloak.Issuer);

        var challenge = (await browser.OnceAsync(HttpMethod.Get, $"{origin}/login")).Headers["Location"];
        var state = Uri.EscapeDataString(System.Web.HttpUtility.ParseQueryString(new Uri(challenge).Query)["state"]!);
        (await browser.GetAsync($"{origin}/signin-oidc?error=access_denied&state={state}&iss={issuer}")).Body.ShouldContain("cancelled");

        var login = await browser.GetAsync($"{origin}/login");
        var callback = await browser.CallbackAsync(login, SignedIn.Buyer);
        journey.World.Keycloak.GoDown();
        (await browser.GetAsync(callback)).Body.ShouldContain("does not answer");
    }

    [Fact]
    public async Task The_configured_origin_is_used_whatever_name_the_request_came_under()
    {
        using var browser = new Browser();
        foreach (var name in (string[])["localhost", "127.0.0.1"])
        {
            var page = await browser.OnceAsync(HttpMethod.Get, $"{host.Url}/login", content: null, ("Host", name), ("X-Forwarded-Host", "evil.example"));
            page.Headers["Location"].ShouldContain($"redirect_uri={Uri.EscapeDataString($"{host.Url}/signin-oidc")}");
        }

        var spoofed = await browser.OnceAsync(HttpMethod.Get, $"{host.Url}/login", content: null, ("Host", "evil.example"), ("Accept", "*/*"));
        spoofed.Status.ShouldBe(400);
        spoofed.Error().ShouldBe("unknown-host");
    }

    [Fact]
    public async Task A_person_who_is_lost_sees_a_page_and_a_program_a_problem()
    {
        using var browser = new Browser();
        var page = await browser.OnceAsync(HttpMethod.Get, $"{host.Url}/nothing");
        page.Status.ShouldBe(404);
        page.Headers["Content-Type"].ShouldStartWith("text/html");
        page.Body.ShouldContain("There is nothing here");
        (await browser.OnceAsync(HttpMethod.Get, $"{host.Url}/api/v1/nothing")).Error().ShouldBe("not-found");
        (await browser.OnceAsync(HttpMethod.Get, $"{host.Url}/nothing", content: null, ("Accept", "*/*"))).Error().ShouldBe("not-found");
    }

    [Fact]
    public async Task A_page_for_the_signed_in_sends_a_browser_to_sign_in_and_an_API_client_hears_401()
    {
        using var browser = new Browser();
        var page = await browser.OnceAsync(HttpMethod.Get, $"{host.Url}/api/v1/me");
        page.Status.ShouldBe(401, "the API never redirects, not even a browser");
        page.Headers["WWW-Authenticate"].ShouldBe("Bearer");
        (await browser.OnceAsync(HttpMethod.Get, $"{host.Url}/account?tab=2")).Headers["Location"].ShouldBe("/login?return_url=%2Faccount%3Ftab%3D2");
        (await browser.OnceAsync(HttpMethod.Get, $"{host.Url}/account", content: null, ("Accept", "application/json"))).Status.ShouldBe(401);
        browser.Cookies["__Host-session"] = "guessed";
        (await browser.MeAsync(host.Url)).Status.ShouldBe(401);
    }

    [Fact]
    public async Task A_client_secret_that_is_rolled_is_in_force_without_a_restart()
    {
        var secrets = Directory.CreateTempSubdirectory();
        var file = Path.Combine(secrets.FullName, "KEYCLOAK_CLIENT_SECRET");
        await File.WriteAllTextAsync(file, "the-secret-of-yesterday");
        await using var journey = await Journey.StartAsync(cluster, hosts: 1, new(SignedIn.NoWorkers) { ["SECRETS_DIR"] = secrets.FullName });
        using var browser = new Browser();
        (await browser.SignInAsync(journey.World.HostUrl, SignedIn.Buyer, "/account")).Url.ShouldContain("reason=invalid");

        await File.WriteAllTextAsync(file, journey.World.Settings["KEYCLOAK_CLIENT_SECRET"]);

        await Journey.UntilAsync(async () => (await browser.SignInAsync(journey.World.HostUrl, SignedIn.Buyer, "/account")).Url.EndsWith("/account", StringComparison.Ordinal),
            "the new secret is used");
        secrets.Delete(recursive: true);
    }

    [Fact]
    public async Task Without_a_public_origin_there_is_no_browser_login_and_the_answer_says_what_to_set()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 1, new(SignedIn.NoWorkers) { ["Access__PublicOrigin"] = "" });
        using var browser = new Browser();
        var page = await browser.OnceAsync(HttpMethod.Get, $"{journey.World.HostUrl}/login");
        page.Status.ShouldBe(404);
        page.Body.ShouldContain("Access__PublicOrigin");
        (await browser.GetAsync($"{journey.World.HostUrl}/api/v1/me", SignedIn.Bearer(journey.World.Keycloak.AccessTokenFor(SignedIn.Buyer)))).Status.ShouldBe(200);
    }
}
