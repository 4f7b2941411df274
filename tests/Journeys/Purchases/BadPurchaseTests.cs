using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Purchases;

/// <summary>What cannot be bought, or not so: it is said by its name, and leaves nothing.</summary>
public sealed class BadPurchaseTests(Cluster cluster)
{
    [Fact]
    public async Task What_is_asked_wrongly_is_refused_by_the_member_s_name_and_leaves_nothing()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new(Shopping.Unlimited) { ["Credits__ReturnOrigins__0"] = "https://shop.example" });
        var (host, ada) = (journey.World.Host, journey.TokenOf(DemoUsers.Buyer));
        foreach (var (body, member) in new (string, string)[]
        {
            ("{}", "package_code"), ("""{"package_code":null}""", "package_code"), ("""{"package_code":1}""", "package_code"), ("""{"package_code":""}""", "package_code"),
            ($$"""{"package_code":"{{new string('a', 51)}}"}""", "package_code"), ("""{"package_code":"starter","quantity":2}""", "quantity"),
            ("""{"package_code":"starter","quantity":-1}""", "quantity"), ("""{"package_code":"starter","credits":1000000}""", "credits"),
            ("""{"package_code":"starter","package_code":"pro"}""", "package_code"), ("""{"Package_code":"starter"}""", "package_code"),
            ("""{"package_code":"starter","currency":"USD"}""", "currency"), ("""{"package_code":"starter","currency":"us"}""", "currency"),
            ("""{"package_code":"starter","currency":"usd\n"}""", "currency"),
            ("""{"package_code":"starter","success_url":"https://evil.example/"}""", "success_url"),
            ("""{"package_code":"starter","success_url":"javascript:alert(1)"}""", "success_url"),
            ("""{"package_code":"starter","cancel_url":"//evil.example"}""", "cancel_url"), ("""{"package_code":"starter","cancel_url":""}""", "cancel_url"),
        })
        {
            var refused = await host.BuyAsync(ada, body: body);
            (refused.Status, refused.Error()).ShouldBe((400, "invalid-input"), body);
            refused.Json.GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldContain(n => n == member || body.Contains("Package_code", StringComparison.Ordinal), body);
        }

        await journey.ExecuteAsync("UPDATE credit_packages SET is_active = false WHERE package_code = 'pro'");
        foreach (var code in (string[])["pro", "gigantic", "Starter", "' OR 1=1 --"])
        {
            var missing = await host.BuyAsync(ada, body: $$"""{"package_code":"{{code}}"}""");
            (missing.Status, missing.Error(), missing.Json.GetProperty("detail").GetString()).ShouldBe((404, "package-not-found", $"Package '{code}' not found or inactive"));
        }

        (await journey.CountAsync("credit_purchases")).ShouldBe(0);
        journey.World.Stripe.Journal.ShouldNotContain(j => j.Method == "POST", "Stripe was not asked");
        (await host.BuyAsync(ada, body: """{"package_code":"starter","success_url":"https://shop.example/thanks?id={CHECKOUT_SESSION_ID}"}""")).Opened();
    }

    [Fact]
    public async Task A_buyer_has_so_many_purchases_a_minute_on_all_hosts_together()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2, new(SignedIn.NoWorkers) { ["Limits__PurchasesPerMinute"] = "3" });
        var ada = journey.TokenOf(DemoUsers.Buyer);
        var answers = new List<int>();
        // Seven in a row are in two minutes at most: of these, at most six pass.
        for (var i = 0; i < 7; i++) answers.Add((await journey.World.Hosts[i % 2].BuyAsync(ada)).Status);
        answers.Distinct().Order().ShouldBe([200, 429]);
        (await journey.World.Host.BuyAsync(journey.TokenOf(DemoUsers.Grace))).Status.ShouldBe(200, "another buyer");
        (await journey.World.Host.GetAsync("/api/v1/billing/credits/packages", ada)).Status.ShouldBe(200, "looking is not buying");
    }
}
