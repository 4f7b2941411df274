using System.Text.Json.Nodes;

namespace BillingMonolith.Specs.Sandbox;

public sealed class LagoCustomerSpecs
{
    [Fact]
    public async Task An_upsert_changes_only_what_it_names_and_null_clears()
    {
        await using var world = await LagoWorld.StartAsync();
        await world.Post("customers", """{"customer":{"external_id":"u-1","name":"Ada","email":"ada@example.com","currency":"USD","secret":"x"}}""");
        var (status, body) = await world.Post("customers", """{"customer":{"external_id":"u-1","email":null,"currency":"EUR"}}""");
        status.ShouldBe(200);
        body["customer"]!["name"]!.ToString().ShouldBe("Ada");
        body["customer"]!["email"].ShouldBeNull();
        body["customer"]!["currency"]!.ToString().ShouldBe("EUR");
        body["customer"]!.AsObject().ContainsKey("secret").ShouldBeFalse();
        world.Lago.Customers.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Metadata_is_replaced_as_a_whole_matched_by_id()
    {
        await using var world = await LagoWorld.StartAsync();
        var (_, made) = await world.Post("customers",
            """{"customer":{"external_id":"u-1","metadata":[{"key":"a","value":"1"},{"key":"b","value":"1"}]}}""");
        var id = made["customer"]!["metadata"]![0]!["lago_id"]!.ToString();
        var (status, body) = await world.Post("customers",
            $$$"""{"customer":{"external_id":"u-1","metadata":[{"id":"{{{id}}}","key":"a","value":"2"},{"key":"c","value":"3"}]}}""");
        status.ShouldBe(200, body.ToJsonString());
        world.Lago.Customers[0].Metadata.ShouldBe(new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = "2", ["c"] = "3" }, ignoreOrder: true);
    }

    [Fact]
    public async Task A_path_is_cut_at_the_dot_and_the_filter_is_not()
    {
        await using var world = await LagoWorld.StartAsync();
        await world.Lago.SeedCustomer("ada@example.com");
        await world.Lago.SeedCustomer("bob@example");
        (await world.Get("customers/ada@example.com")).Status.ShouldBe(404);
        (await world.Get("customers/bob@example.com")).Body["customer"]!["external_id"]!.ToString().ShouldBe("bob@example");
        (await world.Get("customers?external_id=ada%40example.com")).Body["customers"]!.AsArray().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Of_first_calls_at_once_one_wins_and_the_others_are_told()
    {
        await using var world = await LagoWorld.StartAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => world.Post("customers", """{"customer":{"external_id":"u-1"}}""")));
        world.Lago.Customers.ShouldHaveSingleItem();
        answers.Count(a => a.Status == 200).ShouldBeGreaterThanOrEqualTo(1);
        foreach (var (_, told) in answers.Where(a => a.Status != 200))
            told["error_details"]!.ToJsonString().ShouldBe("""{"external_id":["value_already_exist"]}""");
    }

    [Fact]
    public async Task Plans_are_seeded_found_and_made_once()
    {
        await using var world = await LagoWorld.StartAsync();
        var (_, list) = await world.Get("plans");
        list["plans"]!.AsArray().Select(p => $"{p!["code"]} {p["amount_cents"]} {p["interval"]} {p["amount_currency"]}").ShouldBe(
            [
                "trial 100 monthly USD", "starter 1900 monthly USD", "professional 4900 monthly USD", "founders-friend 4900 monthly USD",
                "enterprise 9900 monthly USD", "trial_yearly 100 yearly USD", "starter_yearly 19000 yearly USD", "professional_yearly 49000 yearly USD",
                "founders-friend_yearly 49000 yearly USD", "enterprise_yearly 99000 yearly USD",
            ], ignoreOrder: true);

        const string Gold = """{"plan":{"name":"Gold","code":"gold","interval":"monthly","amount_cents":19900,"amount_currency":"USD"}}""";
        (await world.Post("plans", Gold)).Body["plan"]!["amount_cents"]!.GetValue<long>().ShouldBe(19900);
        (await world.Post("plans", Gold)).Body["error_details"]!.ToJsonString().ShouldBe("""{"code":["value_already_exist"]}""");
        (await world.Get("plans/gold")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Health_needs_no_key()
    {
        await using var world = await LagoWorld.StartAsync();
        using var stranger = LagoWorld.Client(world.Lago.Url, key: null);
        JsonNode.Parse(await stranger.GetStringAsync(new Uri($"{world.Lago.Url}/health")))!["message"]!.ToString().ShouldBe("Success");
    }
}
