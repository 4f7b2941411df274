using BillingMonolith.Sandbox;

namespace BillingMonolith.Specs.Sandbox;

/// <summary>Requests are read by the version that they name, and each event and endpoint has its own.</summary>
public sealed class StripeVersionSpecs
{
    private static readonly (string Method, string Path)[] Operations =
    [
        ("POST", "/v1/checkout/sessions"), ("GET", "/v1/checkout/sessions"), ("POST", "/v1/customers"), ("GET", "/v1/customers"), ("POST", "/v1/customers/x"),
        ("POST", "/v1/products"), ("GET", "/v1/products"), ("POST", "/v1/prices"), ("GET", "/v1/prices"), ("POST", "/v1/coupons"),
        ("POST", "/v1/promotion_codes"), ("GET", "/v1/promotion_codes"), ("POST", "/v1/promotion_codes/x"), ("GET", "/v1/events"), ("GET", "/v1/subscriptions"),
        ("POST", "/v1/subscriptions/x"), ("DELETE", "/v1/subscriptions/x"), ("GET", "/v1/invoices"), ("GET", "/v1/payment_intents"), ("POST", "/v1/refunds"),
        ("GET", "/v1/refunds"), ("GET", "/v1/disputes"), ("POST", "/v1/billing_portal/sessions"), ("POST", "/v1/webhook_endpoints"),
        ("GET", "/v1/webhook_endpoints"), ("POST", "/v1/webhook_endpoints/x"),
    ];

    public static TheoryData<string> Versions => [.. StripeRendering.Versions];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_parameter_that_the_version_lacks_is_unknown(string version)
    {
        await using var world = await StripeWorld.StartAsync();
        var (accepted, refused) = (new SortedSet<string>(StringComparer.Ordinal), 0);
        foreach (var (method, path) in Operations)
        {
            var known = StripeDocument.Of(version).Parameters(method, path)!;
            var ever = StripeRendering.Versions.SelectMany(v => StripeDocument.Of(v).Parameters(method, path)!).Append("invented").Distinct();
            foreach (var name in ever.Except(known))
            {
                var (_, answer, _) = await world.CallAsync(method, path, $"{name}=x", version: version);
                if (answer["error"]?.Text("code") is "parameter_unknown" && answer["error"]!.Text("param") == name) refused++;
                else accepted.Add($"{method} {path} {name}");
            }
        }

        accepted.ShouldBeEmpty();
        refused.ShouldBeGreaterThan(Operations.Length - 1);
    }

    [Theory]
    [InlineData("2026-10-28.endive", "payment_method_types[0]=card", "payment_method_types")]
    [InlineData("2025-11-17.clover", "allowed_payment_method_types[0]=card", "allowed_payment_method_types")]
    [InlineData("2026-10-28.endive", "line_items[0][dynamic_tax_rates][0]=txr_1", "line_items[0][dynamic_tax_rates]")]
    [InlineData("2025-11-17.clover", "line_items[0][metadata][a]=b", "line_items[0][metadata]")]
    [InlineData("2024-06-20", "saved_payment_method_options[payment_method_remove]=enabled", "saved_payment_method_options[payment_method_remove]")]
    [InlineData("2026-10-28.endive", "ui_mode=hosted", "ui_mode", "")]
    [InlineData("2025-11-17.clover", "ui_mode=hosted_page", "ui_mode", "")]
    public async Task A_session_is_opened_by_the_words_of_its_version(string version, string more, string param, string code = "parameter_unknown")
    {
        await using var world = await StripeWorld.StartAsync();
        var form = $"mode=payment&success_url=https://a.test&line_items[0][price]={world.Stripe.Prices["credits_pro"].Name("id")}";
        var (status, refused, _) = await world.CallAsync("POST", "/v1/checkout/sessions", $"{form}&{more}", version: version);
        (status, refused["error"]!.Text("param"), refused["error"]!.Text("code") ?? "").ShouldBe((400, param, code));
        foreach (var other in StripeRendering.Versions)
        {
            var (hosted, how) = other == StripeRendering.Endive ? ("hosted_page", "allowed_payment_method_types") : ("hosted", "payment_method_types");
            var (_, session, _) = await world.CallAsync("POST", "/v1/checkout/sessions", $"{form}&ui_mode={hosted}&{how}[0]=card", version: other);
            (session.Text("ui_mode"), (string?)session["payment_method_types"]!.AsArray().ShouldHaveSingleItem()).ShouldBe((hosted, "card"));
        }
    }

    [Fact]
    public async Task A_promotion_code_is_made_of_a_coupon_as_its_version_says_it()
    {
        await using var world = await StripeWorld.StartAsync();
        var coupon = (await world.CallAsync("POST", "/v1/coupons", "percent_off=20&duration=once")).Body.Name("id");
        (await world.CallAsync("POST", "/v1/promotion_codes", "code=A", version: StripeRendering.Legacy)).Body["error"]!.Text("param").ShouldBe("coupon");
        (await world.CallAsync("POST", "/v1/promotion_codes", "code=A", version: StripeRendering.Endive)).Body["error"]!.Text("param").ShouldBe("promotion");
        var old = (await world.CallAsync("POST", "/v1/promotion_codes", $"code=A&coupon={coupon}", version: StripeRendering.Legacy)).Body;
        old["coupon"]!.Text("id").ShouldBe(coupon);
        var code = (await world.CallAsync("GET", $"/v1/promotion_codes/{old.Name("id")}", version: StripeRendering.Endive)).Body;
        code["promotion"]!.Text("coupon").ShouldBe(coupon);
    }

    [Theory]
    [InlineData("2099-01-01.zinnia")]
    [InlineData("endive")]
    [InlineData("2026-10-28")]
    public async Task An_unknown_version_is_refused(string version)
    {
        await using var world = await StripeWorld.StartAsync();
        var (status, answer, _) = await world.CallAsync("GET", "/v1/prices", version: version);
        (status, answer["error"]!.Text("message")).ShouldBe((400, $"Invalid Stripe API version: {version}"));
        (await world.CallAsync("POST", "/v1/webhook_endpoints", $"url=https://a.test&enabled_events[0]=*&api_version={version}"))
            .Body["error"]!.Text("param").ShouldBe("api_version");
    }

    [Fact]
    public async Task An_endpoint_has_its_version_for_ever_and_one_without_has_the_accounts()
    {
        await using var world = await StripeWorld.StartAsync();
        world.Stripe.AccountVersion = StripeRendering.Legacy;
        var receivers = new Dictionary<string, Receiver>();
        foreach (var version in StripeRendering.Versions)
            receivers[version] = (await world.ListenAsync(version)).Receiver;
        await using var plain = await Receiver.StartAsync();
        var (_, made, _) = await world.CallAsync("POST", "/v1/webhook_endpoints", $"url={plain.Url}&enabled_events[0]=checkout.session.completed");
        made["api_version"].ShouldBeNull();
        var update = await world.CallAsync("POST", $"/v1/webhook_endpoints/{made.Name("id")}", "api_version=2026-10-28.endive");
        (update.Status, update.Body["error"]!.Text("code")).ShouldBe((400, "parameter_unknown"));

        world.Stripe.Pay(world.Stripe.OpenPackSession(StripeWorld.Ada, "starter"));
        await world.Stripe.WaitForQuietAsync(TimeSpan.FromSeconds(20));
        foreach (var (version, receiver) in receivers) Sent(receiver).ShouldBe(version);
        Sent(plain).ShouldBe(StripeRendering.Legacy);

        static string? Sent(Receiver receiver) => receiver.All.Single(r => r.Type == "checkout.session.completed").Event.Text("api_version");
    }

    [Fact]
    public async Task A_listed_event_keeps_the_accounts_version_of_its_day()
    {
        await using var world = await StripeWorld.StartAsync();
        world.Stripe.AccountVersion = StripeRendering.Legacy;
        world.Stripe.Pay(world.Stripe.OpenPackSession(StripeWorld.Ada, "starter"));
        world.Stripe.AccountVersion = StripeRendering.Endive;
        world.Stripe.Pay(world.Stripe.OpenPackSession(StripeWorld.Ada, "starter"));
        foreach (var asked in StripeRendering.Versions)
        {
            var listed = (await world.CallAsync("GET", "/v1/events", "type=checkout.session.completed", version: asked)).Body.Data().ToList();
            listed.Select(e => e.Text("api_version")).ShouldBe([StripeRendering.Endive, StripeRendering.Legacy]);
            listed.Select(e => e["data"]!["object"]!.AsObject().ContainsKey("shipping_details")).ShouldBe([false, true]);
            listed.Select(e => e["data"]!["object"]!.Text("ui_mode")).ShouldBe(["hosted_page", "hosted"]);
        }
    }

    [Fact]
    public async Task An_endpoint_asks_for_types_that_exist()
    {
        await using var world = await StripeWorld.StartAsync();
        var known = StripeDocument.Of(StripeRendering.Endive).Values("POST", "/v1/webhook_endpoints", "enabled_events");
        StripeEventTypes.All.Append("*").ShouldBe(known, ignoreOrder: true);
        StripeAccount.EverythingHappens(world);
        world.Types.Except(known).ShouldBeEmpty();
        foreach (var unknown in (string[])["invoice.payed", "invoice.*", ""])
        {
            var form = $"url=https://a.test&enabled_events[0]=*&enabled_events[1]={unknown}";
            var (status, answer, _) = await world.CallAsync("POST", "/v1/webhook_endpoints", form);
            (status, answer["error"]!.Text("param")).ShouldBe((400, "enabled_events[1]"));
        }
    }
}
