using System.Net;
using System.Net.Http.Headers;
using BillingMonolith.Sandbox;

namespace BillingMonolith.Specs.Sandbox;

/// <summary>The rules that hold for every request to the stand-in's API.</summary>
public sealed class StripeApiSpecs
{
    [Fact]
    public async Task Without_the_key_nothing_is_answered()
    {
        await using var world = await StripeWorld.StartAsync();
        using var none = await world.Http.GetAsync("/v1/prices");
        none.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await none.Content.ReadAsStringAsync()).ShouldContain("You did not provide an API key");
        using var basic = new HttpRequestMessage(HttpMethod.Get, "/v1/prices");
        var key = System.Text.Encoding.UTF8.GetBytes(world.Stripe.ApiKey + ":");
        basic.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(key));
        (await world.Http.SendAsync(basic)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("POST", "/v1/customers", "emial=a@b.test", 400, "parameter_unknown", "emial")]
    [InlineData("POST", "/v1/checkout/sessions", "mode=payment&success_url=https://a.test&line_items[0][pice]=x",
        400, "parameter_unknown", "line_items[0][pice]")]
    [InlineData("POST", "/v1/checkout/sessions", "mode=payment&success_url=https://a.test&line_items[0][price]=price_x",
        400, "resource_missing", "line_items[0][price]")]
    [InlineData("POST", "/v1/checkout/sessions", "mode=payment&success_url=javascript:alert(1)&line_items[0][price]=x", 400, "url_invalid", "success_url")]
    [InlineData("POST", "/v1/checkout/sessions", "success_url=https://a.test", 400, "parameter_missing", "mode")]
    [InlineData("GET", "/v1/subscriptions/sub_none", "", 404, "resource_missing", "id")]
    [InlineData("GET", "/v1/events", "limit=101", 400, "parameter_invalid_integer", "limit")]
    public async Task What_is_wrong_is_named(string method, string path, string form, int status, string code, string param)
    {
        await using var world = await StripeWorld.StartAsync();
        var answer = await world.CallAsync(method, path, form);
        answer.Status.ShouldBe(status);
        var error = answer.Body["error"]!;
        (error.Text("type"), error.Text("code"), error.Text("param")).ShouldBe(("invalid_request_error", code, param));
        answer.Headers.GetValues("Request-Id").Single().ShouldStartWith("req_");
    }

    [Fact]
    public async Task The_same_key_answers_the_same_and_other_parameters_are_refused()
    {
        await using var world = await StripeWorld.StartAsync();
        var first = await world.CallAsync("POST", "/v1/customers", "email=a@b.test", "key-1");
        var again = await world.CallAsync("POST", "/v1/customers", "email=a@b.test", "key-1");
        again.Body.Text("id").ShouldBe(first.Body.Text("id"));
        again.Headers.GetValues("Idempotent-Replayed").Single().ShouldBe("true");
        (await world.CallAsync("GET", "/v1/customers", "email=a@b.test")).Body.Data().Count().ShouldBe(1);

        var other = await world.CallAsync("POST", "/v1/customers", "email=c@d.test", "key-1");
        (other.Status, other.Body["error"]!.Text("type")).ShouldBe((400, "idempotency_error"));
        world.Clock.Advance(TimeSpan.FromHours(25));
        (await world.CallAsync("POST", "/v1/customers", "email=a@b.test", "key-1")).Body.Text("id").ShouldNotBe(first.Body.Text("id"));
    }

    [Fact]
    public async Task A_key_that_is_in_use_conflicts_and_a_refused_request_does_not_use_it_up()
    {
        await using var world = await StripeWorld.StartAsync();
        world.Stripe.ApiTakes = TimeSpan.FromSeconds(1);
        var answers = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => world.CallAsync("POST", "/v1/customers", "email=a@b.test", "key-2")));
        answers.Select(a => a.Status).Order().ShouldBe([200, 409]);
        world.Stripe.ApiTakes = TimeSpan.Zero;
        (await world.CallAsync("POST", "/v1/customers", "x=1", "key-3")).Status.ShouldBe(400);
        (await world.CallAsync("POST", "/v1/customers", "email=e@f.test", "key-3")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_session_is_read_with_its_line_items_and_subscription()
    {
        await using var world = await StripeWorld.StartAsync();
        var id = world.Stripe.OpenPlanSession(StripeWorld.Ada, "starter", "monthly");
        world.Stripe.Pay(id);
        var (_, plain, _) = await world.CallAsync("GET", $"/v1/checkout/sessions/{id}");
        plain.ContainsKey("line_items").ShouldBeFalse();
        var (_, full, _) = await world.CallAsync("GET", $"/v1/checkout/sessions/{id}",
            "expand[]=line_items.data.price.product&expand[]=subscription.latest_invoice");
        full["line_items"]!["data"]![0]!["price"]!["product"]!.Text("name").ShouldBe("Starter");
        full["subscription"]!["latest_invoice"]!.Text("status").ShouldBe("paid");
        var (_, items, _) = await world.CallAsync("GET", $"/v1/checkout/sessions/{id}/line_items");
        items.Data().Single().Whole("amount_total").ShouldBe(1900);
        (await world.CallAsync("GET", $"/v1/checkout/sessions/{id}", "expand[]=nonsense")).Status.ShouldBe(400);
    }

    [Fact]
    public async Task A_subscription_is_changed_and_cancelled_by_the_api()
    {
        await using var world = await StripeWorld.StartAsync();
        var session = world.Stripe.OpenPlanSession(StripeWorld.Ada, "starter", "monthly");
        world.Stripe.Pay(session);
        var id = world.Stripe.SubscriptionOf(session);
        var item = world.Stripe.Read(id)["items"]!["data"]![0]!.Name("id");
        var yearly = world.Stripe.Prices["starter_yearly"].Name("id");
        var (_, changed, _) = await world.CallAsync("POST", $"/v1/subscriptions/{id}",
            $"items[0][id]={item}&items[0][price]={yearly}&metadata[billing_cycle]=yearly", "change-1");
        changed["metadata"]!.Text("billing_cycle").ShouldBe("yearly");
        world.Stripe.Read(changed.Name("latest_invoice")).Text("billing_reason").ShouldBe("subscription_update");
        var told = System.Text.Json.Nodes.JsonNode.Parse(world.Stripe.Events.Last(e => e.Type == "customer.subscription.updated").Bytes())!;
        told["request"]!.Text("idempotency_key").ShouldBe("change-1");

        (await world.CallAsync("DELETE", $"/v1/subscriptions/{id}")).Body.Text("status").ShouldBe("canceled");
        (await world.CallAsync("DELETE", $"/v1/subscriptions/{id}")).Status.ShouldBe(404);
        (await world.CallAsync("GET", "/v1/subscriptions")).Body.Data().ShouldBeEmpty();
        (await world.CallAsync("GET", "/v1/subscriptions", "status=all")).Body.Data().Count().ShouldBe(1);
    }

    [Fact]
    public async Task Prices_are_found_by_lookup_key_and_pages_follow_one_another()
    {
        await using var world = await StripeWorld.StartAsync();
        var (_, two, _) = await world.CallAsync("GET", "/v1/prices", "lookup_keys[]=credits_pro&lookup_keys[]=trial_monthly&active=true");
        two.Data().Select(p => p.Whole("unit_amount")).Order().ShouldBe([100, 8000]);

        var seen = new List<string>();
        var more = true;
        while (more)
        {
            var (_, page, _) = await world.CallAsync("GET", "/v1/prices", "limit=5" + (seen.Count > 0 ? $"&starting_after={seen[^1]}" : ""));
            seen.AddRange(page.Data().Select(p => p.Name("id")));
            more = page.Flag("has_more");
        }

        seen.Distinct().Count().ShouldBe(13);
        seen.Count.ShouldBe(13);
    }
}
