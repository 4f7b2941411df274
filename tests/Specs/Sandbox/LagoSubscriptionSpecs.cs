using System.Globalization;
using System.Text.Json.Nodes;

namespace BillingMonolith.Specs.Sandbox;

public sealed class LagoSubscriptionSpecs
{
    [Fact]
    public async Task A_first_subscription_is_active_now_and_makes_its_customer()
    {
        await using var world = await LagoWorld.StartAsync();
        var made = await world.Subscribe(" professional ".Trim(), customer: " u-1 ", id: " sub_1 ");
        made["status"]!.ToString().ShouldBe("active");
        made["external_customer_id"]!.ToString().ShouldBe("u-1");
        made["external_id"]!.ToString().ShouldBe("sub_1");
        made["current_billing_period_started_at"]!.ToString().ShouldBe("2025-12-19T00:00:00Z");
        made["current_billing_period_ending_at"]!.ToString().ShouldBe("2026-01-18T23:59:59Z");
        var customer = world.Lago.Customers.ShouldHaveSingleItem();
        customer.ExternalId.ShouldBe("u-1");
        customer.Currency.ShouldBe("USD");
        customer.Metadata.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_same_plan_again_is_answered_unchanged_and_keeps_a_scheduled_downgrade()
    {
        await using var world = await LagoWorld.StartAsync();
        var first = await world.Subscribe("professional");
        await world.Subscribe("starter");
        var again = await world.Subscribe("professional");
        again["lago_id"]!.ToString().ShouldBe(first["lago_id"]!.ToString());
        again["next_plan_code"]!.ToString().ShouldBe("starter");
        (await world.Get("subscriptions/sub_1?status=pending")).Status.ShouldBe(200);
    }

    [Theory]
    [InlineData("starter", "professional")]
    [InlineData("professional", "founders-friend")]
    [InlineData("starter_yearly", "professional")]
    public async Task As_dear_or_dearer_by_the_year_is_an_upgrade_now(string from, string to)
    {
        await using var world = await LagoWorld.StartAsync();
        var old = await world.Subscribe(from);
        var now = await world.Subscribe(to);
        now["lago_id"]!.ToString().ShouldNotBe(old["lago_id"]!.ToString());
        now["plan_code"]!.ToString().ShouldBe(to);
        now["previous_plan_code"]!.ToString().ShouldBe(from);
        world.Lago.Subscriptions("u-1").Select(s => (s.PlanCode, s.Status)).ShouldBe([(from, "terminated"), (to, "active")]);
    }

    [Fact]
    public async Task A_cheaper_plan_waits_for_the_end_of_the_period_and_then_takes_effect()
    {
        await using var world = await LagoWorld.StartAsync();
        var old = await world.Subscribe("professional");
        var answer = await world.Subscribe("starter");
        answer["lago_id"]!.ToString().ShouldBe(old["lago_id"]!.ToString());
        answer["plan_code"]!.ToString().ShouldBe("professional");
        answer["next_plan_code"]!.ToString().ShouldBe("starter");
        answer["downgrade_plan_date"]!.ToString().ShouldBe("2026-01-19");
        (await world.Get("subscriptions/sub_1?status=pending")).Body["subscription"]!["plan_code"]!.ToString().ShouldBe("starter");

        world.Clock.Now = new DateTimeOffset(2026, 1, 18, 23, 59, 59, TimeSpan.Zero);
        (await world.Get("subscriptions/sub_1")).Body["subscription"]!["plan_code"]!.ToString().ShouldBe("professional");
        world.Clock.Now = new DateTimeOffset(2026, 1, 19, 0, 0, 0, TimeSpan.Zero);
        (await world.Get("subscriptions/sub_1")).Body["subscription"]!["plan_code"]!.ToString().ShouldBe("starter");
        (await world.Get("subscriptions/sub_1?status=pending")).Status.ShouldBe(404);
        world.Lago.Subscriptions("u-1").Select(s => (s.PlanCode, s.Status)).ShouldBe([("professional", "terminated"), ("starter", "active")]);
    }

    [Fact]
    public async Task A_scheduled_downgrade_can_be_undone()
    {
        await using var world = await LagoWorld.StartAsync();
        await world.Subscribe("professional");
        await world.Subscribe("starter");
        (await world.Delete("subscriptions/sub_1?status=pending")).Body["subscription"]!["status"]!.ToString().ShouldBe("canceled");
        (await world.Delete("subscriptions/sub_1?status=pending")).Status.ShouldBe(404);
        (await world.Get("subscriptions/sub_1")).Body["subscription"]!["next_plan_code"].ShouldBeNull();
        world.Clock.Now = world.Clock.Now.AddYears(1);
        (await world.Get("subscriptions/sub_1")).Body["subscription"]!["plan_code"]!.ToString().ShouldBe("professional");
    }

    [Fact]
    public async Task Another_change_takes_the_place_of_the_scheduled_one()
    {
        await using var world = await LagoWorld.StartAsync();
        await world.Subscribe("professional");
        await world.Subscribe("starter");
        (await world.Subscribe("trial"))["next_plan_code"]!.ToString().ShouldBe("trial");
        (await world.Subscribe("enterprise"))["plan_code"]!.ToString().ShouldBe("enterprise");
        world.Clock.Now = world.Clock.Now.AddYears(1);
        world.Lago.Subscriptions("u-1").Where(s => s.Status is "active" or "pending").ShouldHaveSingleItem().PlanCode.ShouldBe("enterprise");
    }

    [Fact]
    public async Task The_end_is_now_takes_the_scheduled_one_along_and_leaves_the_id_free()
    {
        await using var world = await LagoWorld.StartAsync();
        await world.Subscribe("professional");
        await world.Subscribe("starter");
        (await world.Delete("subscriptions/sub_1")).Body["subscription"]!["status"]!.ToString().ShouldBe("terminated");
        (await world.Delete("subscriptions/sub_1")).Body["code"]!.ToString().ShouldBe("subscription_not_found");
        (await world.Get("subscriptions/sub_1?status=terminated")).Status.ShouldBe(200);
        world.Lago.Subscriptions("u-1").Select(s => s.Status).ShouldBe(["terminated", "canceled"]);
        (await world.Subscribe("starter", customer: "u-2"))["status"]!.ToString().ShouldBe("active");
    }

    [Fact]
    public async Task A_put_sets_an_end_and_never_the_plan()
    {
        await using var world = await LagoWorld.StartAsync();
        await world.Subscribe("professional");
        var (status, body) = await world.Send(HttpMethod.Put, "subscriptions/sub_1",
            """{"subscription":{"name":"Ada's","ending_at":"2025-12-24T00:00:00Z","plan_code":"starter"}}""");
        status.ShouldBe(200);
        body["subscription"]!["name"]!.ToString().ShouldBe("Ada's");
        body["subscription"]!["plan_code"]!.ToString().ShouldBe("professional");
        (await world.Send(HttpMethod.Put, "subscriptions/sub_1", """{"subscription":{"ending_at":"2025-12-19T23:00:00Z"}}""")).Status.ShouldBe(422);
        world.Clock.Now = new DateTimeOffset(2025, 12, 24, 0, 0, 0, TimeSpan.Zero);
        (await world.Get("subscriptions/sub_1")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task The_list_filters_and_pages()
    {
        await using var world = await LagoWorld.StartAsync();
        for (var n = 1; n <= 5; n++) await world.Subscribe("starter", id: string.Create(CultureInfo.InvariantCulture, $"sub_{n}"));
        await world.Subscribe("professional", customer: "u-2", id: "sub_other");
        await world.Delete("subscriptions/sub_5");

        var page = (await world.Get("subscriptions?external_customer_id=u-1&per_page=3&page=2")).Body;
        page["subscriptions"]!.AsArray().Select(s => s!["external_id"]!.ToString()).ShouldBe(["sub_4"]);
        page["meta"]!.ToJsonString().ShouldBe("""{"current_page":2,"next_page":null,"prev_page":1,"total_pages":2,"total_count":4}""");
        (await Ids("status[]=terminated")).ShouldBe(["sub_5"]);
        (await Ids("status[]=terminated&status[]=active&plan_code=starter")).ShouldBe(["sub_1", "sub_2", "sub_3", "sub_4", "sub_5"]);
        (await Ids("external_id=sub_other")).ShouldBe(["sub_other"]);

        async Task<string[]> Ids(string query) =>
            [.. (await world.Get($"subscriptions?{query}")).Body["subscriptions"]!.AsArray().Select(s => s!["external_id"]!.ToString())];
    }

    [Fact]
    public async Task Fifty_first_calls_at_once_make_one_subscription()
    {
        await using var world = await LagoWorld.StartAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => world.Subscribe("starter")));
        answers.Select(a => a["lago_id"]!.ToString()).Distinct(StringComparer.Ordinal).ShouldHaveSingleItem();
        world.Lago.Subscriptions("u-1").ShouldHaveSingleItem();
    }

    [Fact]
    public async Task The_answers_have_every_member_of_the_samples()
    {
        var folder = Environment.GetEnvironmentVariable("BILLING_CONTRACTS");
        if (folder is null) Assert.Skip("Set BILLING_CONTRACTS to the folder with the contract samples.");
        var samples = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "lago.samples.json")))!;
        await using var world = await LagoWorld.StartAsync();
        var (_, customer) = await world.Post("customers",
            """{"customer":{"external_id":"u-1","metadata":[{"key":"stripe_customer","value":"cus_1","display_in_invoice":false}]}}""");
        var subscription = new JsonObject { ["subscription"] = (await world.Subscribe("professional")).DeepClone() };

        Members(customer).ShouldBe(Members(samples["post_customers_response"]!), ignoreOrder: true);
        Members(subscription).ShouldBe(Members(samples["post_subscriptions_response_new"]!), ignoreOrder: true);
    }

    private static IEnumerable<string> Members(JsonNode node, string path = "") => node switch
    {
        JsonObject inner => inner.SelectMany(m => Members(m.Value ?? "null", $"{path}.{m.Key}")),
        JsonArray list => list.SelectMany(m => Members(m!, $"{path}[]")).DefaultIfEmpty(path),
        _ => [path],
    };
}
