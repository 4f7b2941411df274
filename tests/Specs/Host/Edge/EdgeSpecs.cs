using System.Net;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Edge;
using BillingMonolith.Host.Http;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Identity;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace BillingMonolith.Specs.HostRoom.Edge;

/// <summary>Names, proxies, headers and the request log, around endpoints that say what reached them.</summary>
public sealed class EdgeSpecs
{
    private static readonly (string, string) Origin = ("Access:PublicOrigin", "https://billing.example.com");

    [Theory]
    [InlineData("/webhooks/stripe", nameof(Surface.Webhook))]
    [InlineData("/Webhooks/Stripe/", nameof(Surface.Webhook))]
    [InlineData("/order/stripe-webhook", nameof(Surface.Webhook))]
    [InlineData("/api/v1/billing/credits/webhook", nameof(Surface.Webhook))]
    [InlineData("/api/webhooks/stripe/health", nameof(Surface.Health))]
    [InlineData("/health/ready", nameof(Surface.Health))]
    [InlineData("/webhooks/stripe/more", nameof(Surface.Api))]
    [InlineData("/api", nameof(Surface.Api))]
    [InlineData("/API/v1/me", nameof(Surface.Api))]
    [InlineData("/docs/index.html", nameof(Surface.Docs))]
    [InlineData("/apiary", nameof(Surface.Pages))]
    [InlineData("/healthy", nameof(Surface.Pages))]
    [InlineData("/", nameof(Surface.Pages))]
    [InlineData("", nameof(Surface.Pages))]
    public void Each_path_belongs_to_a_part(string path, string part) => Surfaces.Of(new PathString(path)).ToString().ShouldBe(part);

    [Theory]
    [InlineData("https://api.stripe.com", "https://checkout.stripe.com https://billing.stripe.com")]
    [InlineData("https://api.stripe.com/", "https://checkout.stripe.com https://billing.stripe.com")]
    [InlineData("http://127.0.0.1:4242/v1", "http://127.0.0.1:4242")]
    public void Forms_lead_to_this_service_to_the_login_and_to_Stripes_pages_only(string api, string shop)
    {
        var keycloak = new KeycloakOptions { Url = "http://keycloak:8080", PublicUrl = "https://login.example.com:8443/auth", Realm = "demo" };
        SecurityHeaders.Pages(keycloak, new StripeOptions { ApiBase = api }).ShouldBe(
            "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
            + $"form-action 'self' https://login.example.com:8443 {shop}");
    }

    [Theory]
    [InlineData("billing.example.com", true)]
    [InlineData("Billing.Example.com:444", true)]
    [InlineData("other.example.com", true)]
    [InlineData("localhost:8080", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("[::1]:8080", true)]
    [InlineData("billing.example.com.evil.com", false)]
    [InlineData("evil.com", false)]
    [InlineData("127.0.0.2", false)]
    [InlineData("", false)]
    public void A_request_is_answered_under_our_names_whatever_the_port(string host, bool answered)
    {
        var names = PublicHost.Names(new AccessOptions { PublicOrigin = "https://billing.example.com", AllowedHosts = ["other.example.com"] });
        PublicHost.Answers(names.ShouldNotBeNull(), new HostString(host)).ShouldBe(answered);
    }

    [Fact]
    public void Without_names_every_name_is_ours() => PublicHost.Names(new AccessOptions()).ShouldBeNull();

    [Fact]
    public async Task Whatever_name_was_used_addresses_begin_with_the_public_origin()
    {
        await using var app = await EdgeApp.StartAsync(Origin, ("Access:AllowedHosts:0", "inner"));
        foreach (var (path, host) in ((string, string)[])
            [("/", "inner"), ("/api/who", "localhost:1"), ("/webhooks/stripe", "evil.com"), ("/health/live", "10.1.2.3")])
        {
            (await app.TextAsync(path, host, ("X-Forwarded-Proto", "http"))).ShouldStartWith("https://billing.example.com ", Case.Sensitive, path);
        }

        foreach (var path in (string[])["/", "/api/who", "/none"])
        {
            using var refused = await app.GetAsync(path, "evil.com");
            refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            (await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("\"error\":\"unknown-host\"");
        }
    }

    [Theory]
    [InlineData("", "203.0.113.9", "http", "127.0.0.1")]
    [InlineData("192.0.2.0/24", "203.0.113.9", "http", "127.0.0.1")]
    [InlineData("127.0.0.1", "203.0.113.9", "https", "203.0.113.9")]
    [InlineData("127.0.0.1", "198.51.100.1, 203.0.113.9", "https", "203.0.113.9")]
    [InlineData("127.0.0.0/8,10.0.0.0/8", "198.51.100.1, 203.0.113.9, 10.0.0.7, 10.0.0.8", "https", "203.0.113.9")]
    [InlineData("127.0.0.1", "nonsense", "http", "127.0.0.1")]
    public async Task Forwarded_headers_are_believed_back_to_the_first_hop_that_is_no_proxy_of_ours(string proxies, string forwarded, string scheme, string address)
    {
        await using var app = await EdgeApp.StartAsync(
            [("ForwardedHeaders_Enabled", "true"), .. proxies.Split(',', StringSplitOptions.RemoveEmptyEntries).Select((p, i) => ($"Access:KnownProxies:{i}", p))]);
        var text = await app.TextAsync("/api/who", host: "any", ("X-Forwarded-For", forwarded), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil.com"));
        text.ShouldBe($"{scheme}://any {address}");
    }

    [Fact]
    public async Task Every_answer_has_its_headers_also_an_error_without_details()
    {
        await using var app = await EdgeApp.StartAsync(Origin);
        foreach (var (path, status, policy) in ((string, int, string)[])
            [("/", 200, "default-src 'self';"), ("/none", 404, "default-src 'self';"), ("/fails", 500, "default-src 'self';"), ("/api/none", 404, "default-src 'none';")])
        {
            using var answer = await app.GetAsync(path, "localhost");
            ((int)answer.StatusCode).ShouldBe(status);
            One(answer, "Content-Security-Policy").ShouldStartWith(policy, Case.Sensitive, path);
            One(answer, "X-Content-Type-Options").ShouldBe("nosniff");
            One(answer, "Strict-Transport-Security").ShouldBe("max-age=31536000; includeSubDomains");
            (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldNotContain("canary");
        }

        using var docs = await app.GetAsync("/docs/", "localhost");
        One(docs, "Content-Security-Policy").ShouldContain("; style-src 'self' 'unsafe-inline'");
        using var cached = await app.GetAsync("/api/cached", "localhost");
        One(cached, "Cache-Control").ShouldBe("max-age=60");
        using var who = await app.GetAsync("/api/who", "localhost");
        One(who, "Cache-Control").ShouldBe("no-store");
        await using var plain = await EdgeApp.StartAsync();
        using var http = await plain.GetAsync("/");
        http.Headers.Contains("Strict-Transport-Security").ShouldBeFalse("nothing says that this is reached by https");
    }

    [Theory]
    [InlineData("/fails?code=SECRET", LogLevel.Information, "GET /fails 500 in ")]
    [InlineData("/none%0A%1B%5B2J%22?code=SECRET", LogLevel.Information, "GET /none%0A%1B%5B2J%22 404 in ")]
    [InlineData("/health/live?code=SECRET", LogLevel.Debug, "GET /health/live 200 in ")]
    [InlineData("/health/none", LogLevel.Information, "GET /health/none 404 in ")]
    [InlineData("/webhooks/stripe", null, "")]
    public async Task A_request_is_a_line_without_its_query(string path, LogLevel? level, string start)
    {
        await using var app = await EdgeApp.StartAsync();
        await app.TextAsync(path);
        await app.DisposeAsync(); // a line may come after the answer, and not after the end
        if (level is null)
        {
            app.Log.ShouldBeEmpty();
            return;
        }

        var line = app.Log.ShouldHaveSingleItem();
        line.Level.ShouldBe(level.Value);
        line.Text.ShouldStartWith(start);
        line.Text.ShouldContain(" for 127.0.0.1, ");
        line.Text.ShouldNotContain("SECRET");
    }

    private static string One(HttpResponseMessage answer, string header) =>
        answer.Headers.TryGetValues(header, out var values) ? values.ShouldHaveSingleItem() : "";
}
