using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Catalogue;

/// <summary>What no package can be: the answer names the member, and the catalogue stays as it was.</summary>
[Collection(nameof(AccessHost))]
public sealed class BadPackageTests(AccessHost host)
{
    private const string Good = """
        {"package_code": "mini", "package_name": "Mini", "description": "", "credits": 100, "currency": "usd", "prices": [{"currency": "usd", "amount_minor": 150}],
         "discount_percentage": 0, "is_active": true, "is_featured": false, "badge_text": null, "display_order": 0, "expires_after_days": null}
        """;

    [Theory]
    [InlineData("package_code", "\"mini\"", "\"\"")]
    [InlineData("package_code", "\"mini\"", "\"Mini\"")]
    [InlineData("package_code", "\"mini\"", "\"-mini\"")]
    [InlineData("package_code", "\"mini\"", "\"mini\\n\"")]
    [InlineData("package_code", "\"mini\"", "\"mini pack\"")]
    [InlineData("package_code", "\"mini\"", "\"012345678901234567890123456789012345678901234567890\"")]
    [InlineData("package_name", "\"Mini\"", "\" \"")]
    [InlineData("package_name", "\"Mini\"", "\"\\u0000\"")]
    [InlineData("package_name", "\"Mini\"", "null")]
    [InlineData("credits", "100", "0")]
    [InlineData("credits", "100", "-1")]
    [InlineData("credits", "100", "1.5")]
    [InlineData("credits", "100", "\"100\"")]
    [InlineData("credits", "100", "100000001")]
    [InlineData("currency", "\"usd\", \"prices\"", "\"USD\", \"prices\"")]
    [InlineData("currency", "\"usd\", \"prices\"", "\"usdx\", \"prices\"")]
    [InlineData("prices", "[{\"currency\": \"usd\", \"amount_minor\": 150}]", "[]")]
    [InlineData("prices", "[{\"currency\": \"usd\", \"amount_minor\": 150}]", "[null]")]
    [InlineData("prices", "{\"currency\": \"usd\", \"amount_minor\": 150}", "{\"currency\": \"usd\", \"amount_minor\": 150}, {\"currency\": \"usd\", \"amount_minor\": 160}")]
    [InlineData("prices[0].amount_minor", "150", "0")]
    [InlineData("prices[0].amount_minor", "150", "100000000")]
    [InlineData("prices[0].amount_minor", "150", "1.5")]
    [InlineData("prices[0].currency", "{\"currency\": \"usd\"", "{\"currency\": \"u$d\"")]
    [InlineData("prices[1].amount_minor", "{\"currency\": \"usd\", \"amount_minor\": 150}", "{\"currency\": \"usd\", \"amount_minor\": 150}, {\"currency\": \"kwd\", \"amount_minor\": 1234}")]
    [InlineData("prices[1].amount_minor", "{\"currency\": \"usd\", \"amount_minor\": 150}", "{\"currency\": \"usd\", \"amount_minor\": 150}, {\"currency\": \"isk\", \"amount_minor\": 1210}")]
    [InlineData("discount_percentage", "\"discount_percentage\": 0", "\"discount_percentage\": 101")]
    [InlineData("display_order", "\"display_order\": 0", "\"display_order\": -1")]
    [InlineData("badge_text", "\"badge_text\": null", "\"badge_text\": \"012345678901234567890\"")]
    [InlineData("expires_after_days", "\"expires_after_days\": null", "\"expires_after_days\": 0")]
    public async Task A_bad_value_is_refused_by_its_member(string member, string good, string bad)
    {
        Good.ShouldContain(good);
        var admin = host.Journey.TokenOf(DemoUsers.Admin);
        var refused = await host.Journey.World.Host.PostAsync("/api/v1/admin/credit-packages", Good.Replace(good, bad, StringComparison.Ordinal), admin);
        (refused.Status, refused.Error()).ShouldBe((400, "invalid-input"), refused.Body);
        refused.Json.GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe([member], refused.Body);
        (await host.Journey.CountAsync("credit_packages")).ShouldBe(4);
    }

    [Fact]
    public async Task Prices_without_one_in_the_default_currency_do_not_fit_together()
    {
        var refused = await host.Journey.World.Host.PostAsync("/api/v1/admin/credit-packages",
            Good.Replace("\"currency\": \"usd\", \"prices\"", "\"currency\": \"eur\", \"prices\"", StringComparison.Ordinal), host.Journey.TokenOf(DemoUsers.Admin));
        (refused.Status, refused.Error()).ShouldBe((422, "no-default-price"), refused.Body);
        (await host.Journey.CountAsync("credit_packages")).ShouldBe(4);
    }
}
