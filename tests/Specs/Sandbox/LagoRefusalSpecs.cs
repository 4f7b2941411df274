using System.Text.Json.Nodes;

namespace BillingMonolith.Specs.Sandbox;

/// <summary>Each error body of the contract's samples, word for word.</summary>
public sealed class LagoRefusalSpecs
{
    private const string Customer = "POST customers ";
    private const string Subscription = "POST subscriptions ";

    [Theory]
    [InlineData("root key absent (no \"customer\" / \"subscription\" object)", Customer + """{"name":"Ada"}""")]
    [InlineData("unknown customer", "GET customers/nobody")]
    [InlineData("unknown customer", "GET customers/ada@example.com")]
    [InlineData("unknown plan_code on POST /subscriptions",
        Subscription + """{"subscription":{"external_customer_id":"u-1","external_id":"s","plan_code":"STARTER"}}""")]
    [InlineData("unknown plan_code on POST /subscriptions", "GET plans/gold")]
    [InlineData("unknown subscription (or not active)", "GET subscriptions/sub_0")]
    [InlineData("unknown subscription (or not active)", "DELETE subscriptions/sub_0")]
    [InlineData("unknown path", "GET gadgets/1")]
    [InlineData("unknown path", "DELETE plans")]
    [InlineData("customer without external_id", Customer + """{"customer":{"name":"Ada"}}""")]
    [InlineData("bad e-mail / currency", Customer + """{"customer":{"external_id":"u-9","email":"ada at home","currency":"usd"}}""")]
    [InlineData("more than 5 metadata pairs", Customer + """
        {"customer":{"external_id":"u-9","metadata":[{"key":"a","value":"1"},{"key":"b","value":"1"},{"key":"c","value":"1"},
        {"key":"d","value":"1"},{"key":"e","value":"1"},{"key":"f","value":"1"}]}}
        """)]
    [InlineData("POST /customers again with the same metadata keys and no ids",
        Customer + """{"customer":{"external_id":"u-1","metadata":[{"key":"stripe_customer","value":"cus_1"}]}}""")]
    [InlineData("POST /subscriptions, external_id active on another customer",
        Subscription + """{"subscription":{"external_customer_id":"u-2","external_id":"sub_1","plan_code":"starter"}}""")]
    [InlineData("POST /subscriptions, no external_customer_id", Subscription + """{"subscription":{"external_id":"s","plan_code":"starter"}}""")]
    [InlineData("POST /subscriptions, billing_time unknown",
        Subscription + """{"subscription":{"external_customer_id":"u-1","external_id":"s","plan_code":"starter","billing_time":"now"}}""")]
    [InlineData("POST /subscriptions, bad dates", Subscription + """
        {"subscription":{"external_customer_id":"u-1","external_id":"s","plan_code":"starter","subscription_at":"soon","ending_at":"2026-02-30T00:00:00Z"}}
        """)]
    [InlineData("premium-only parameter (plan_overrides)",
        Subscription + """{"subscription":{"external_customer_id":"u-1","external_id":"s","plan_code":"starter","plan_overrides":{}}}""")]
    public async Task A_refusal_is_lago_s_own(string sample, string request)
    {
        await using var world = await LagoWorld.StartAsync();
        (await world.Post("customers", """{"customer":{"external_id":"u-1","metadata":[{"key":"stripe_customer","value":"cus_1"}]}}""")).Status.ShouldBe(200);
        await world.Subscribe("starter");

        var parts = request.Split(' ', 3);
        var (status, body) = await world.Send(new HttpMethod(parts[0]), parts[1], parts.ElementAtOrDefault(2));

        var expected = Sample(sample);
        status.ShouldBe((int)expected["status"]!);
        JsonNode.DeepEquals(body, expected["body"]).ShouldBeTrue($"{body.ToJsonString()} ≠ {expected["body"]!.ToJsonString()}");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("wrong")]
    [InlineData(LagoWorld.Key + "x")]
    public async Task Without_the_key_nothing_is_answered(string? key)
    {
        await using var world = await LagoWorld.StartAsync();
        using var stranger = LagoWorld.Client(world.Lago.Url, key);

        using var response = await stranger.PostAsync("customers", new StringContent("""{"customer":{"external_id":"u-1"}}"""));

        ((int)response.StatusCode).ShouldBe(401);
        JsonNode.Parse(await response.Content.ReadAsStringAsync())!.ToJsonString().ShouldBe("""{"status":401,"error":"Unauthorized"}""");
        world.Lago.Customers.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""[{"key":"a_key_of_21_character","value":"v"}]""", "key", "value_is_too_long")]
    [InlineData("""[{"key":"","value":"v"}]""", "key", "value_is_mandatory")]
    [InlineData("""[{"key":"k"}]""", "value", "value_is_mandatory")]
    [InlineData("""[{"key":"k","value":"1"},{"key":"k","value":"2"}]""", "key", "value_already_exist")]
    public async Task Metadata_keeps_its_limits_and_the_whole_call_is_undone(string metadata, string field, string code)
    {
        await using var world = await LagoWorld.StartAsync();
        var (status, body) = await world.Post("customers", $$$"""{"customer":{"external_id":"u-1","metadata":{{{metadata}}}}}""");
        status.ShouldBe(422);
        body["error_details"]![field]![0]!.ToString().ShouldBe(code);
        world.Lago.Customers.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_value_may_have_100_characters_and_no_more()
    {
        await using var world = await LagoWorld.StartAsync();
        string Body(int length) => $$$"""{"customer":{"external_id":"u-{{{length}}}","metadata":[{"key":"k","value":"{{{new string('v', length)}}}"}]}}""";
        (await world.Post("customers", Body(100))).Status.ShouldBe(200);
        (await world.Post("customers", Body(101))).Body["error_details"]!["value"]![0]!.ToString().ShouldBe("value_is_too_long");
    }

    private static JsonObject Sample(string name)
    {
        var folder = Environment.GetEnvironmentVariable("BILLING_CONTRACTS");
        if (folder is null) Assert.Skip("Set BILLING_CONTRACTS to the folder with the contract samples.");
        var samples = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "lago.samples.json")))!;
        return samples["errors"]!.AsArray().Single(e => e!["case"]!.ToString() == name)!.AsObject();
    }
}
