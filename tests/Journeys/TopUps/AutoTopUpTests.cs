using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.TopUps;

/// <summary>Automatic top-up as its user meets it: what he agreed to is bought, no more than that, and it says so when it stops.</summary>
public sealed class AutoTopUpTests(Cluster cluster)
{
    [Fact]
    public async Task Spending_below_the_threshold_buys_the_pack_with_the_saved_card_once()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new() { ["Stripe__Suite"] = "aurora" });
        var card = await journey.SaveCardAsync();
        await journey.GrantAsync(100);
        await journey.TurnOnAsync();
        (await journey.ConsumeAsync(50)).Status.ShouldBe(200, "50 are left, which is not below");
        (await journey.CountAsync("credit_purchases")).ShouldBe(0);

        (await journey.ConsumeAsync(1)).Status.ShouldBe(200);
        await journey.ToppedUpAsync();

        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(1049);
        var charge = (await journey.ChargesAsync()).ShouldHaveSingleItem();
        var (id, status, paid, source) = (await journey.RowsAsync<(string, string, long, string)>(
            "SELECT id::text, status, amount_paid_minor, grant_source FROM credit_purchases WHERE kind = 'top_up'")).ShouldHaveSingleItem();
        (status, paid, source).ShouldBe(("completed", 1000, $"payment:{charge.Id}"));
        (charge.AmountReceived, charge.Currency, charge.PaymentMethodId).ShouldBe((1000, "usd", card));
        charge.Metadata.OrderBy(m => m.Key).Select(m => $"{m.Key}={m.Value}").ShouldBe(
            ["package_code=starter", $"purchase_id={id}", "purpose=auto_topup", "suite=aurora", $"user_id={Journey.Ada.Id}"]);
        journey.World.Stripe.Journal.Single(e => e.Method == "POST" && e.Path == "/v1/payment_intents").IdempotencyKey.ShouldBe(id);
        (await journey.StandAsync()).ShouldBe("active  1000");
        (await journey.RowsAsync<string>("SELECT action FROM audit_logs WHERE action LIKE 'credit.auto_topup%' OR resource_id = @id ORDER BY timestamp, action", new { id }))
            .ShouldBe(["credit.auto_topup.enable", "credit.allocate"]);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task Up_to_the_cap_of_the_month_and_it_says_so_once_and_goes_on_in_the_next()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new() { ["Inbox__PollSeconds"] = "1" });
        await journey.SaveCardAsync();
        await journey.TurnOnAsync(cap: 1999); // with nothing in the account: the first is bought at once
        await journey.ToppedUpAsync();
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(1000);
        journey.World.Stripe.Refund((await journey.ChargesAsync()).Single().Id, 500);
        await journey.SettleAsync();
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(500, "a refund takes back what a top-up gave");
        foreach (var amount in (long[])[480, 5, 5]) (await journey.ConsumeAsync(amount)).Status.ShouldBe(200);

        var shown = (await journey.ShownAsync()).Json;
        (shown.GetProperty("state").GetString(), shown.GetProperty("cap_reached").GetBoolean()).ShouldBe(("active", true));
        shown.GetProperty("reason").GetString()!.ShouldContain("1000 of the 1999");
        (await journey.AuditedAsync("credit.auto_topup.capped")).ShouldBe(1, "once a month");
        journey.Asked().ShouldBe(1);

        await journey.ExecuteAsync("""
            UPDATE credit_purchases SET created_at = created_at - interval '1 month';
            UPDATE credit_auto_top_ups SET capped_in = capped_in - interval '1 month'
            """);
        await Journey.UntilAsync(() => journey.Asked() == 2, "the new month's first is bought without anybody spending");
        await journey.ToppedUpAsync();
        (await journey.StandAsync()).ShouldBe("active  1000");
    }

    [Theory]
    [InlineData(nameof(StripeCard.Declined), "declined", "declined the payment")]
    [InlineData(nameof(StripeCard.NeedsAuthentication), "authentication-required", "confirm the payment yourself")]
    public async Task A_refusal_stops_it_and_says_why_and_only_its_user_starts_it_again(string behaviour, string stopped, string words)
    {
        await using var journey = await Journey.StartAsync(cluster);
        var card = await journey.SaveCardAsync(Enum.Parse<StripeCard>(behaviour));
        await journey.GrantAsync(100);
        await journey.TurnOnAsync(card);
        (await journey.ConsumeAsync(60)).Status.ShouldBe(200);
        await journey.ToppedUpAsync();

        (await journey.StandAsync()).ShouldBe($"stopped {stopped} 0");
        (await journey.ShownAsync()).Json.GetProperty("reason").GetString()!.ShouldContain(words);
        for (var i = 0; i < 5; i++) (await journey.ConsumeAsync(1)).Status.ShouldBe(200);
        await journey.ToppedUpAsync();
        journey.Asked().ShouldBe(1, "no further attempt, however often the balance falls");
        (await journey.TopUpsAsync()).ShouldBe(["failed"]);
        (await journey.RowsAsync<string>("SELECT metadata->>'reason' || ' ' || user_id FROM audit_logs WHERE action = 'credit.auto_topup.stop'"))
            .ShouldBe([$"{stopped} {Journey.Ada.Id}"], "said once, though the event of the refusal came as well");

        await journey.TurnOnAsync(await journey.SaveCardAsync()); // another card
        await journey.ToppedUpAsync();
        (await journey.StandAsync()).ShouldBe("active  1000");
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(1035);
        (await journey.ChargesAsync()).ShouldHaveSingleItem();
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_card_that_is_gone_and_a_pack_that_is_not_sold_any_more_stop_it()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var card = await journey.SaveCardAsync();
        await journey.GrantAsync(100);
        await journey.TurnOnAsync(card);
        var stripe = journey.World.Stripe;
        (await ApiCalls.CallAsync(HttpMethod.Post, $"{stripe.Url}/v1/payment_methods/{card}/detach", content: null, stripe.ApiKey)).Status.ShouldBe(200);

        await journey.ConsumeAsync(60);
        await journey.ToppedUpAsync();
        (await journey.StandAsync()).ShouldBe("stopped payment-method-gone 0");

        await journey.GrantAsync(100);
        await journey.TurnOnAsync(await journey.SaveCardAsync());
        await journey.ExecuteAsync("UPDATE credit_packages SET is_active = false WHERE package_code = 'starter'");
        await journey.ConsumeAsync(100);
        (await journey.StandAsync()).ShouldBe("stopped package-gone 0");
        (await journey.ChargesAsync()).ShouldBeEmpty();
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task What_cannot_be_agreed_to_is_refused_and_off_is_off()
    {
        await using var journey = await Journey.StartAsync(cluster);
        (await journey.StandAsync()).ShouldBe("off  0");
        var none = await journey.SetAsync("""{"package_code":"starter","threshold":50,"monthly_cap_minor":1000}""");
        (none.Status, none.Error()).ShouldBe((409, "no-payment-method"));
        none.Json.GetProperty("detail").GetString()!.ShouldContain("save_payment_method");

        var (hers, his) = (await journey.SaveCardAsync(), await journey.SaveCardAsync(user: Journey.Grace));
        foreach (var (body, status, error) in (List<(string, int, string)>)
        [
            ("""{"package_code":"gigantic","threshold":50,"monthly_cap_minor":1000}""", 404, "package-not-found"),
            ($$"""{"package_code":"starter","threshold":50,"monthly_cap_minor":1000,"payment_method_id":"{{his}}"}""", 404, "payment-method-not-found"),
            ("""{"package_code":"starter","threshold":50,"monthly_cap_minor":1000,"payment_method_id":"pm_none"}""", 404, "payment-method-not-found"),
            ("""{"package_code":"starter","threshold":50,"monthly_cap_minor":1000,"payment_method_id":"../customers"}""", 404, "payment-method-not-found"),
            ("""{"package_code":"starter","threshold":50,"monthly_cap_minor":999}""", 400, "invalid-input"),
            ("""{"package_code":"starter","threshold":0,"monthly_cap_minor":1000}""", 400, "invalid-input"),
            ("""{"package_code":"starter","threshold":1000001,"monthly_cap_minor":1000}""", 400, "invalid-input"),
            ("""{"package_code":"starter","threshold":"50","monthly_cap_minor":1000}""", 400, "invalid-input"),
            ("""{"package_code":"starter","threshold":50.5,"monthly_cap_minor":1000}""", 400, "invalid-input"),
            ("""{"package_code":"starter","threshold":50,"monthly_cap_minor":1000,"user_id":"x"}""", 400, "invalid-input"),
        ])
        {
            var page = await journey.SetAsync(body);
            (page.Status, page.Error()).ShouldBe((status, error), body);
        }

        (await journey.CountAsync("credit_auto_top_ups")).ShouldBe(0);
        await journey.GrantAsync(100);
        await journey.TurnOnAsync(hers);
        await journey.TurnOnAsync(hers, cap: 2000);
        for (var i = 0; i < 2; i++)
            (await ApiCalls.CallAsync(HttpMethod.Delete, journey.World.Host.Url + ToppingUp.Path, content: null, journey.TokenOf(DemoUsers.Buyer))).Status.ShouldBe(204);
        (await journey.StandAsync()).ShouldBe("off  0");
        await journey.ConsumeAsync(100);
        (await journey.CountAsync("credit_purchases")).ShouldBe(0);
        (await journey.RowsAsync<string>("SELECT action FROM audit_logs WHERE action LIKE 'credit.auto_topup%' ORDER BY timestamp"))
            .ShouldBe(["credit.auto_topup.enable", "credit.auto_topup.update", "credit.auto_topup.disable"]);
    }
}
