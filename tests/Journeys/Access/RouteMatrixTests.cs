using System.Buffers.Text;
using System.Text.Json.Nodes;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Access;

/// <summary>Every route against every kind of caller, from the Host's own route table.</summary>
[Collection(nameof(AccessHost))]
public sealed class RouteMatrixTests(AccessHost host)
{
    private static readonly string[] Callers = ["anonymous", "buyer", "operator", "admin", "crm", "crm without its scope"];

    public static TheoryData<Route> Guarded => [.. RouteTable.All.Where(r => r.Policy is not null)];

    public static TheoryData<Route> Changing => [.. RouteTable.All.Where(r => r.Policy is not null && !r.IsSafe)];

    /// <summary>Reviewed: what everybody may call. Whoever adds to it says why.</summary>
    [Fact]
    public void What_everybody_may_call_is_this() =>
        RouteTable.All.Where(r => r.Policy is null && !r.Path.StartsWith("/assets/", StringComparison.Ordinal)).Select(r => r.ToString()).ShouldBe(
        [
            "GET /",
            "POST /api/v1/billing/credits/webhook",
            "GET /api/v1/billing/plans", // what is for sale, from memory
            "POST /api/v1/billing/webhooks/stripe/checkout",
            "POST /api/webhooks/stripe/checkout-completed",
            "GET /api/webhooks/stripe/health",
            "POST /backchannel-logout",
            "GET /health/live",
            "GET /health/ready",
            "GET /login",
            "GET /login/failed",
            "GET /openapi/v1.json",
            "GET /order/checkout-session-success", // a guest's order is whose who knows its session; a user's is the user's alone (OrderReturns)
            "POST /order/stripe-webhook",
            "POST /webhooks/stripe",
        ]);

    [Theory]
    [MemberData(nameof(Guarded))]
    public async Task A_route_answers_those_whom_its_policy_names_401_to_nobody_and_403_to_the_others(Route route)
    {
        using var client = new Browser();
        foreach (var caller in Callers)
        {
            (string, string)[] headers = caller == "anonymous" ? [("Accept", "application/json")] : [("Accept", "application/json"), SignedIn.Bearer(TokenOf(caller))];
            var page = await client.OnceAsync(new HttpMethod(route.Method), host.Url + route.Address, route.IsSafe ? null : SignedIn.Json("{}"), headers);
            if (caller == "anonymous")
            {
                page.Status.ShouldBe(401, $"{route} for nobody");
                page.Headers["WWW-Authenticate"].ShouldStartWith("Bearer");
                page.Headers["Content-Type"].ShouldStartWith("application/problem+json");
                page.Json.GetProperty("detail").GetString().ShouldBe("Not authenticated");
            }
            else if (RouteTable.Allowed[route.Policy!].Contains(caller))
            {
                page.Status.ShouldNotBe(401, $"{route} for {caller}");
                page.Status.ShouldNotBe(403, $"{route} for {caller}");
                page.Status.ShouldBeLessThan(500, $"{route} for {caller}: {page.Body}");
            }
            else
            {
                page.Status.ShouldBe(403, $"{route} for {caller}");
                page.Error().ShouldBe("forbidden");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Changing))]
    public async Task A_cross_site_request_that_changes_something_is_refused_though_the_cookie_is_right(Route route)
    {
        using var browser = new Browser();
        await browser.SignInAsync(host.Url, DemoUsers.Admin);
        var token = await browser.CsrfTokenAsync(host.Url);
        var method = new HttpMethod(route.Method);

        foreach (var (forged, why) in (List<(string?, string)>)[(null, "no token"), ("", "empty"), ("x", "guessed"), (token[..^2], "cut")])
        {
            var page = await browser.OnceAsync(method, host.Url + route.Address, SignedIn.Json("{}"),
                [("Accept", "application/json"), .. forged is null ? ((string, string)[])[] : [("X-CSRF-Token", forged)]]);
            page.Status.ShouldBe(400, why);
            page.Error().ShouldBe("csrf", why);
        }

        using var other = new Browser();
        await other.SignInAsync(host.Url, DemoUsers.Grace);
        var others = await browser.OnceAsync(method, host.Url + route.Address, SignedIn.Json("{}"), ("Accept", "*/*"), ("X-CSRF-Token", await other.CsrfTokenAsync(host.Url)));
        others.Error().ShouldBe("csrf", "another person's token");
        (await browser.MeAsync(host.Url)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_form_of_ours_and_a_bearer_token_pass_the_cross_site_check()
    {
        using var browser = new Browser();
        await browser.SignInAsync(host.Url, SignedIn.Buyer);
        (await browser.SignOutAsync(host.Url)).Url.ShouldBe($"{host.Url}/");
        using var client = new Browser();
        var page = await client.OnceAsync(HttpMethod.Post, $"{host.Url}/logout", content: null, SignedIn.Bearer(TokenOf("buyer")));
        page.Status.ShouldBeLessThan(400, page.Body);
    }

    [Fact]
    public async Task Readiness_tells_its_reasons_to_operators_only_and_the_log_names_who_asked()
    {
        using var client = new Browser();
        (await client.OnceAsync(HttpMethod.Get, $"{host.Url}/health/ready", content: null, SignedIn.Bearer(TokenOf("operator")))).Json
            .GetProperty("checks").EnumerateArray().Select(c => c.GetProperty("name").GetString()).ShouldBe(["database", "inbox", "keycloak", "lago", "stripe"], ignoreOrder: true);
        foreach (var caller in (string[])["buyer", "crm"])
            (await client.OnceAsync(HttpMethod.Get, $"{host.Url}/health/ready", content: null, SignedIn.Bearer(TokenOf(caller)))).Body.ShouldNotContain("checks");

        await client.OnceAsync(HttpMethod.Get, $"{host.Url}/api/v1/me?secret=canary", content: null, SignedIn.Bearer(TokenOf("buyer")));
        await Journey.UntilAsync(() => host.Journey.World.Host.Log.Any(l => l.Contains("/api/v1/me", StringComparison.Ordinal) && l.Contains(DemoUsers.Buyer.Id, StringComparison.Ordinal)),
            "the request log names the caller");
        host.Journey.World.Host.Log.ShouldNotContain(l => l.Contains("canary", StringComparison.Ordinal));
    }

    private string TokenOf(string caller) => caller switch
    {
        "crm" => host.Journey.World.Keycloak.ServiceTokenFor(caller),
        "crm without its scope" => Without("scope", host.Journey.World.Keycloak.ServiceTokenFor("crm")),
        _ => host.Journey.World.Keycloak.AccessTokenFor(DemoUsers.All.Single(u => u.Username == caller)),
    };

    private string Without(string claim, string token)
    {
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]))!.AsObject();
        claims.Remove(claim).ShouldBeTrue();
        return host.Journey.World.Keycloak.Sign(claims);
    }
}
