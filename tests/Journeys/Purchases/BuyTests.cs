using System.Text.Json.Nodes;
using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Purchases;

/// <summary>A package is bought over HTTP: the row is there before Stripe is asked, and one request is one purchase, whatever is lost on the way.</summary>
public sealed class BuyTests(Cluster cluster)
{
    [Fact]
    public async Task A_package_is_bought_paid_and_granted_and_says_so_everywhere_whose_it_is()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new() { ["Stripe__Suite"] = "aurora" });
        var (host, stripe) = (journey.World.Host, journey.World.Stripe);
        var opened = (await host.BuyAsync(journey.TokenOf(DemoUsers.Buyer))).Opened();
        (await journey.RowsAsync<(string, string, string)>("SELECT status, user_email, success_url FROM credit_purchases WHERE id = @PurchaseId", opened))
            .ShouldBe([("pending", Journey.Ada.Email, $"{journey.World.HostUrl}/credits/return?session_id={{CHECKOUT_SESSION_ID}}")]);

        var next = await HostedPage.PayAsync(stripe.Url, opened.SessionId, Journey.Ada.Email, Journey.Ada.Name);
        next.ToString().ShouldBe($"{journey.World.HostUrl}/credits/return?session_id={opened.SessionId}");
        await journey.SettleAsync();

        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(1000);
        (await journey.PurchaseStatusAsync(opened.SessionId)).ShouldBe("completed");
        var session = stripe.Read(opened.SessionId);
        var expected = new Dictionary<string, string>
        {
            ["suite"] = "aurora", ["purpose"] = "credit_pack", ["user_id"] = Journey.Ada.Id, ["package_code"] = "starter", ["credits"] = "1000",
            ["purchase_id"] = opened.PurchaseId.ToString(),
        };
        foreach (var about in (JsonObject[])[session, stripe.Read((string)session["payment_intent"]!)])
            about["metadata"]!.AsObject().ToDictionary(m => m.Key, m => (string)m.Value!).ShouldBe(expected, ignoreOrder: true);
        ((string?)session["client_reference_id"], (bool?)session["allow_promotion_codes"]).ShouldBe((Journey.Ada.Id, true));
        var customer = stripe.Read((string)session["customer"]!);
        ((string?)customer["metadata"]!["user_id"], (string?)customer["email"], (string?)customer["name"]).ShouldBe((Journey.Ada.Id, Journey.Ada.Email, Journey.Ada.Name));
        (await journey.RowsAsync<string>("SELECT action FROM audit_logs ORDER BY id")).ShouldBe(["purchase.created", "customer.created", "credit.allocate"]);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_browser_buys_with_its_session_and_with_the_token_of_a_page_of_ours()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var origin = journey.World.HostUrl;
        using var browser = new Browser();
        await browser.SignInAsync(origin, DemoUsers.Buyer);
        (await browser.OnceAsync(HttpMethod.Post, origin + Shopping.Purchase, SignedIn.Json(Shopping.Starter), ("Accept", "application/json"))).Error().ShouldBe("csrf");

        var csrf = ("X-CSRF-Token", await browser.CsrfTokenAsync(origin));
        var opened = (await browser.OnceAsync(HttpMethod.Post, origin + Shopping.Purchase, SignedIn.Json(Shopping.Starter), ("Accept", "application/json"), csrf)).Opened();
        await HostedPage.PayAsync(journey.World.Stripe.Url, opened.SessionId, Journey.Ada.Email, Journey.Ada.Name);
        var back = await browser.OnceAsync(HttpMethod.Post, $"{origin}/api/v1/billing/credits/purchases/{opened.SessionId}/complete", content: null, ("Accept", "application/json"), csrf);
        back.Body.ShouldBe($$"""{"purchase_id":"{{opened.PurchaseId}}","status":"completed","credits":1000,"balance":1000}""");
        await journey.SettleAsync();
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task The_same_key_is_the_same_purchase_another_body_is_refused_and_without_a_key_each_is_its_own()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: Shopping.Unlimited);
        var (host, ada) = (journey.World.Host, journey.TokenOf(DemoUsers.Buyer));
        var first = await host.BuyAsync(ada, key: "k-1");
        first.IsReplayed().ShouldBeFalse();
        var asked = journey.World.Stripe.Journal.Count;
        var again = await host.BuyAsync(ada, key: "k-1");
        (again.Status, again.Body, again.IsReplayed()).ShouldBe((200, first.Body, true));
        journey.World.Stripe.Journal.Count.ShouldBe(asked, "answered from the row");

        foreach (var other in (string[])
            ["""{"package_code":"pro"}""", """{"package_code":"starter","currency":"eur"}""", $$"""{"package_code":"starter","cancel_url":"{{journey.World.HostUrl}}/x"}"""])
        {
            var reused = await host.BuyAsync(ada, key: "k-1", other);
            (reused.Status, reused.Error()).ShouldBe((422, "idempotency-key-reused"), other);
        }

        (await host.BuyAsync(journey.TokenOf(DemoUsers.Grace), key: "k-1")).Opened().PurchaseId.ShouldNotBe(first.Opened().PurchaseId, "another buyer's key");
        (await host.BuyAsync(ada)).Opened().SessionId.ShouldNotBe((await host.BuyAsync(ada)).Opened().SessionId);
        foreach (var wrong in (string[])["", new('k', 256), "k\tey"])
            (await host.BuyAsync(ada, wrong)).Error().ShouldBe("idempotency-key-invalid");

        await journey.ExecuteAsync("UPDATE credit_packages SET is_active = false, credits = 1; UPDATE credit_package_prices SET price_minor = 1");
        (await host.BuyAsync(ada, key: "k-1")).Body.ShouldBe(first.Body, "what was sold stands");
        journey.World.Stripe.Pay(first.Opened().SessionId);
        await journey.SettleAsync();
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(1000, "as it was sold");
        var paid = await host.BuyAsync(ada, key: "k-1");
        (paid.Status, paid.Error()).ShouldBe((409, "purchase-completed"));
        (await journey.CountAsync("credit_purchases")).ShouldBe(4);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_session_that_ran_out_is_a_failed_purchase_and_its_key_buys_nothing_more()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var (host, ada) = (journey.World.Host, journey.TokenOf(DemoUsers.Buyer));
        var (expired, unheard) = ((await host.BuyAsync(ada, key: "k-1")).Opened(), (await host.BuyAsync(ada, key: "k-2")).Opened());
        journey.World.Stripe.Expire(expired.SessionId);
        await journey.SettleAsync();
        (await journey.RowsAsync<(string, string)>("SELECT status, failure_reason FROM credit_purchases WHERE id = @PurchaseId", expired))
            .ShouldBe([("failed", "The checkout session expired before it was paid.")]);
        await journey.ExecuteAsync("UPDATE credit_purchases SET checkout_expires_at = now() WHERE id = @PurchaseId", unheard);

        foreach (var key in (string[])["k-1", "k-2"])
        {
            var over = await host.BuyAsync(ada, key);
            (over.Status, over.Error()).ShouldBe((409, "purchase-expired"), key);
        }

        (await journey.AuditedAsync("purchase.failed")).ShouldBe(1);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task The_buyer_s_customer_is_ours_by_the_mapping_and_never_by_the_e_mail_address()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var (host, stripe) = (journey.World.Host, journey.World.Stripe);
        var ada = await CustomerOfAsync(journey, await host.BuyAsync(journey.TokenOf(DemoUsers.Buyer)));
        (await CustomerOfAsync(journey, await host.BuyAsync(journey.TokenOf(DemoUsers.Buyer)))).ShouldBe(ada);
        // Grace has Ada's address now; a customer with it is there, and it is not hers.
        var token = journey.TokenOf(DemoUsers.Grace with { Email = DemoUsers.Buyer.Email });
        var grace = await CustomerOfAsync(journey, await host.BuyAsync(token));
        grace.ShouldNotBe(ada);
        ((string?)stripe.Read(grace)["email"], (string?)stripe.Read(ada)["email"]).ShouldBe((Journey.Ada.Email, Journey.Ada.Email));
        (await journey.RowsAsync<(string, string)>("SELECT stripe_customer_id, user_id FROM identity_customers")).ShouldBe([(ada, Journey.Ada.Id), (grace, Journey.Grace.Id)], ignoreOrder: true);
        (await journey.AtStripeAsync("customers")).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_customer_that_is_gone_is_replaced_and_a_price_that_is_gone_is_sold_by_its_amount()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var (host, stripe, ada) = (journey.World.Host, journey.World.Stripe, journey.TokenOf(DemoUsers.Buyer));
        var before = await CustomerOfAsync(journey, await host.BuyAsync(ada));
        stripe.Add(Shopping.AtOpening(1) with { Status = 400, Body = """{"error":{"type":"invalid_request_error","code":"resource_missing","param":"customer","message":"No such customer"}}""" });
        var replaced = await host.BuyAsync(ada, key: "k-1");
        var after = await CustomerOfAsync(journey, replaced);
        after.ShouldNotBe(before);
        (await CustomerOfAsync(journey, await host.BuyAsync(ada))).ShouldBe(after);
        (await journey.ScalarAsync<string>("SELECT stripe_customer_id FROM credit_purchases WHERE request_key = 'k-1'")).ShouldBe(after);

        await journey.ExecuteAsync("UPDATE credit_package_prices SET stripe_price_id = @id WHERE package_code = 'starter'", new { id = (string)stripe.Prices["credits_starter"]["id"]! });
        await host.BuyAsync(ada);
        stripe.Journal[^1].Body.ShouldContain((string)stripe.Prices["credits_starter"]["id"]!);
        await journey.ExecuteAsync("UPDATE credit_package_prices SET stripe_price_id = 'price_gone' WHERE package_code = 'starter'");
        var opened = (await host.BuyAsync(ada, key: "k-2")).Opened();
        ((long)stripe.Read(opened.SessionId)["amount_total"]!).ShouldBe(1000);
        stripe.Pay(opened.SessionId);
        await journey.SettleAsync();
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(1000);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_price_in_another_currency_is_asked_for_paid_and_judged_by_the_snapshot()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var (host, ada) = (journey.World.Host, journey.TokenOf(DemoUsers.Buyer));
        var refused = await host.BuyAsync(ada, body: """{"package_code":"starter","currency":"jpy"}""");
        (refused.Status, refused.Error()).ShouldBe((422, "currency-not-offered"));
        await journey.ExecuteAsync("""
            INSERT INTO credit_package_prices (package_code, currency, price_minor) VALUES ('starter', 'jpy', 1500);
            UPDATE credit_packages SET expires_after_days = 30 WHERE package_code = 'starter'
            """);
        var opened = (await host.BuyAsync(ada, body: """{"package_code":"starter","currency":"jpy"}""")).Opened();
        await journey.ExecuteAsync("DELETE FROM credit_package_prices WHERE currency = 'jpy'");
        var free = (await host.BuyAsync(ada)).Opened();
        journey.World.Stripe.Pay(opened.SessionId);
        journey.World.Stripe.PayWithFullCoupon(free.SessionId);
        await journey.SettleAsync();

        (await journey.RowsAsync<(string, long)>("SELECT currency, amount_paid_minor FROM credit_purchases WHERE status = 'completed' ORDER BY 1")).ShouldBe([("jpy", 1500), ("usd", 0)]);
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(2000);
        (await journey.CountAsync("credit_lots WHERE expires_at BETWEEN now() + interval '29 days' AND now() + interval '31 days'")).ShouldBe(2);
        await Oracles.HoldAsync(journey);
    }

    private static async Task<string> CustomerOfAsync(Journey journey, Page bought)
    {
        var customer = (string)journey.World.Stripe.Read(bought.Opened().SessionId)["customer"]!;
        (await journey.ScalarAsync<string>("SELECT stripe_customer_id FROM credit_purchases WHERE id = @PurchaseId", bought.Opened())).ShouldBe(customer);
        return customer;
    }
}
