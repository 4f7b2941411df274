using BillingMonolith.Billing;
using BillingMonolith.Billing.Lago;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Sandbox;
using BillingMonolith.SharedKernel;
using BillingMonolith.Specs.Sandbox;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace BillingMonolith.Specs.Billing;

/// <summary>What is no word of Lago's about a thing says nothing about it, an id leads nowhere but to its thing, and handlers speak for themselves.</summary>
public sealed class LagoAnswerSpecs
{
    [Theory]
    [InlineData("""{"lago_id":5}""")]
    [InlineData("[]")]
    [InlineData("5")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("""{"customer":[]}""")]
    [InlineData("""{"customer":{"external_id":null}}""")]
    [InlineData("""{"customer":{"external_id":5}}""")]
    [InlineData("""{"customer":{"external_id":"u-2"}}""")]
    [InlineData("""{"customer":{"external_id":"u-2","external_id":"u-1"}}""")]
    public async Task What_is_not_the_customer_who_was_asked_for_is_no_word_about_one(string body)
    {
        await using var world = await LagoWorld.StartAsync();
        await using var services = Services(world);
        var lago = services.GetRequiredService<LagoClient>();
        world.Lago.Add(new Fault(_ => true, 2) { Status = 200, Body = body });
        (await Should.ThrowAsync<LagoException>(() => lago.FindCustomerAsync("u-1", default))).IsRefusal.ShouldBeFalse();
        (await Should.ThrowAsync<LagoException>(() => lago.UpsertCustomerAsync(new LagoCustomerInput("u-1"), default))).IsRefusal.ShouldBeFalse();
        (await lago.FindCustomerAsync("u-1", default)).ShouldBeNull("Lago's own word counts");
    }

    [Theory]
    [InlineData("""{"subscription":{"external_id":"sub_2","external_customer_id":"u-1","plan_code":"starter","status":"active"}}""")]
    [InlineData("""{"subscription":{"external_id":"sub_1","external_customer_id":"u-1","plan_code":"starter"}}""")]
    [InlineData("""{"subscription":null}""")]
    [InlineData("""{"lago_id":5}""")]
    [InlineData("")]
    public async Task What_is_not_the_subscription_that_was_meant_is_no_word_about_one(string body)
    {
        await using var world = await LagoWorld.StartAsync();
        await using var services = Services(world);
        var lago = services.GetRequiredService<LagoClient>();
        world.Lago.Add(new Fault(_ => true, int.MaxValue) { Status = 200, Body = body });
        foreach (var ask in (Func<Task>[])
        [
            () => lago.FindSubscriptionAsync("sub_1", default), () => lago.FindPendingAsync("sub_1", default),
            () => lago.TerminateAsync("sub_1", default), () => lago.CancelPendingAsync("sub_1", default),
            () => lago.SubscribeAsync(new LagoSubscriptionInput("sub_1", "u-1", "starter"), default),
        ])
        {
            (await Should.ThrowAsync<LagoException>(ask)).IsRefusal.ShouldBeFalse();
        }
    }

    [Theory]
    [InlineData("""{"lago_id":5}""")]
    [InlineData("""{"customers":{},"subscriptions":{},"plans":{}}""")]
    [InlineData("""{"customers":[null],"subscriptions":[null],"plans":[null]}""")]
    [InlineData("""{"customers":null,"subscriptions":null,"plans":null}""")]
    [InlineData("""{"customers":[5],"subscriptions":[5],"plans":[5]}""")]
    [InlineData("""{"customers":[{}],"subscriptions":[{}],"plans":[{}]}""")]
    [InlineData("[]")]
    [InlineData("")]
    public async Task What_is_no_list_is_not_an_empty_one(string body)
    {
        await using var world = await LagoWorld.StartAsync();
        await using var services = Services(world);
        var lago = services.GetRequiredService<LagoClient>();
        world.Lago.Add(new Fault(_ => true, int.MaxValue) { Status = 200, Body = body });
        await Should.ThrowAsync<LagoException>(() => lago.FindCustomerAsync("a.b", default));
        await Should.ThrowAsync<LagoException>(() => lago.ActiveOfAsync("u-1", default));
        await Should.ThrowAsync<LagoException>(() => lago.PlansAsync(default));
    }

    [Fact]
    public async Task Pages_that_repeat_themselves_are_not_read_for_ever()
    {
        await using var world = await LagoWorld.StartAsync();
        await using var services = Services(world);
        var page = string.Join(',', Enumerable.Range(0, 100).Select(i => $$"""{"code":"p{{i}}"}"""));
        world.Lago.Add(new Fault(_ => true, 10) { Status = 200, Body = $$"""{"plans":[{{page}}]}""" });
        (await Should.ThrowAsync<LagoException>(() => services.GetRequiredService<LagoClient>().PlansAsync(default))).Message.ShouldContain("page 2");
    }

    [Fact]
    public async Task Subscriptions_of_others_are_not_listed_as_one_s_own()
    {
        await using var world = await LagoWorld.StartAsync();
        world.Lago.SeedSubscription("u-2", "sub_2", "starter");
        await using var services = Services(world);
        await Should.ThrowAsync<LagoException>(() => services.GetRequiredService<LagoClient>().ActiveOfAsync("", default));
    }

    [Theory]
    [InlineData("", "?external_id=")]
    [InlineData(".", "?external_id=.")]
    [InlineData("..", "?external_id=..")]
    [InlineData("ada@example.com", "?external_id=ada%40example.com")]
    [InlineData("../plans", "?external_id=..%2Fplans")]
    [InlineData("a/b", "/a%2Fb")]
    [InlineData("a?b", "/a%3Fb")]
    [InlineData("a#b", "/a%23b")]
    [InlineData("a%2Fb", "/a%252Fb")]
    [InlineData("a\\b", "/a%5Cb")]
    public async Task A_customer_s_id_leads_to_that_customer_only(string id, string asked)
    {
        await using var world = await LagoWorld.StartAsync();
        await world.Lago.SeedCustomer("somebody");
        await using var services = Services(world);
        var targets = new List<string>(); // as on the wire; a parsed path has lost the difference between %2F and %252F
        world.Lago.Add(new Fault(r => Seen(targets, r), 1));
        (await services.GetRequiredService<LagoClient>().FindCustomerAsync(id, default)).ShouldBeNull();
        targets.ShouldBe([$"/api/v1/customers{asked}"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("sub_1.x")]
    [InlineData("../customers/u-1")]
    public async Task A_subscription_s_id_that_would_lead_elsewhere_is_not_asked_for(string id)
    {
        await using var world = await LagoWorld.StartAsync();
        world.Lago.SeedSubscription("u-1", "sub_1", "starter");
        await using var services = Services(world);
        var lago = services.GetRequiredService<LagoClient>();
        await Should.ThrowAsync<ArgumentException>(() => lago.TerminateAsync(id, default));
        await Should.ThrowAsync<ArgumentException>(() => lago.CancelPendingAsync(id, default));
        await Should.ThrowAsync<ArgumentException>(() => lago.FindSubscriptionAsync(id, default));
        world.Lago.Journal.ShouldBeEmpty();
        new SyncSubscriptionValidator().Validate(new SyncSubscription("evt_1", "u-1", id, "cus_1", "starter", BillingCycle.Monthly, "active")
        {
            AsOf = DateTimeOffset.UnixEpoch,
        }).IsValid.ShouldBeFalse();
    }

    [Fact]
    public async Task What_is_sent_is_in_lago_s_words_and_leaves_out_what_is_to_stay()
    {
        await using var world = await LagoWorld.StartAsync();
        await using var services = Services(world);
        var lago = services.GetRequiredService<LagoClient>();
        world.Lago.Add(new Fault(_ => true, 2) { Status = 503, Body = "{}" });
        await lago.UpsertCustomerAsync(new LagoCustomerInput("u-1") { Name = "Ada", Metadata = [new LagoMetadata("stripe_customer", "cus_1")] }, default);
        world.Lago.Journal.Select(e => e.Body).Distinct().ShouldHaveSingleItem().ShouldBe(
            """{"customer":{"external_id":"u-1","name":"Ada","metadata":[{"key":"stripe_customer","value":"cus_1","display_in_invoice":false}]}}""");
        world.Lago.Journal.Select(e => e.Status).ShouldBe([503, 503, 200], "it is the same at each try");
    }

    [Fact]
    public async Task Who_only_looks_hears_what_would_be_changed()
    {
        await using var world = await LagoWorld.StartAsync();
        await using var services = Services(world);
        var look = services.GetRequiredService<LagoLook>();
        var change = await Should.ThrowAsync<WouldChangeException>(() => look.Client.UpsertCustomerAsync(new LagoCustomerInput("u-1"), default));
        (change.Method, change.Path, change.Body).ShouldBe((HttpMethod.Post, "/api/v1/customers", """{"customer":{"external_id":"u-1"}}"""));
        world.Lago.Journal.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wish_to_be_left_alone_arrives_as_it_is()
    {
        await using var world = await LagoWorld.StartAsync();
        await using var services = Services(world);
        world.Lago.Add(new Fault(_ => true, 1) { Status = 429, Headers = { ["Retry-After"] = "17" } });
        (await Should.ThrowAsync<RetryAfterException>(() => services.GetRequiredService<LagoClient>().FindCustomerAsync("u-1", default)))
            .Delay.ShouldBe(TimeSpan.FromSeconds(17));
    }

    [Fact]
    public async Task A_key_that_comes_back_and_an_endless_reason_are_not_repeated()
    {
        await using var world = await LagoWorld.StartAsync();
        await using var services = Services(world);
        world.Lago.Add(new Fault(_ => true, 1)
        {
            Status = 422, Body = $$$"""{"code":"x {{{LagoWorld.Key}}}","error_details":{"a":["{{{new string('y', 10_000)}}}"]}}""",
        });
        var fault = await Should.ThrowAsync<LagoException>(() => services.GetRequiredService<LagoClient>().FindCustomerAsync("u-1", default));
        fault.ToString().ShouldNotContain(LagoWorld.Key);
        fault.Message.Length.ShouldBeLessThan(1000);
    }

    private static bool Seen(List<string> targets, HttpRequest request)
    {
        targets.Add(request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        return false;
    }

    /// <summary>With the clients that the Host gives.</summary>
    private static ServiceProvider Services(LagoWorld world) => new ServiceCollection().AddSingleton(TimeProvider.System)
        .AddNeighbour("lago", retries: 2).AddResilientClient("lago-look", retries: 2)
        .AddBilling(new ConfigurationBuilder().AddInMemoryCollection(
            new Dictionary<string, string?> { ["Lago:Url"] = world.Lago.Url, ["Lago:ApiKey"] = LagoWorld.Key }).Build())
        .BuildServiceProvider();
}
