using BillingMonolith.Billing;
using BillingMonolith.Billing.Lago;
using BillingMonolith.Sandbox;
using BillingMonolith.Specs.Sandbox;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace BillingMonolith.Specs.Billing;

/// <summary>The module's client and mirror against the stand-in, over HTTP.</summary>
public sealed class LagoClientSpecs
{
    private static readonly SyncSubscription Wanted = new("evt_1", "u-1", "sub_1", "cus_1", "starter", BillingCycle.Monthly, "active")
    {
        Email = "ada@example.com", Name = "Ada", Currency = "usd", AsOf = DateTimeOffset.UnixEpoch,
    };

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/api/v1")]
    [InlineData("/api/v1/")]
    public async Task The_address_may_end_as_it_likes(string end)
    {
        await using var world = await LagoWorld.StartAsync();
        await world.Lago.SeedCustomer("u-1", "ada@example.com");
        await using var services = Services(world.Lago.Url + end);
        (await services.GetRequiredService<LagoClient>().FindCustomerAsync("u-1", default))!.Email.ShouldBe("ada@example.com");
    }

    [Fact]
    public async Task An_id_with_a_dot_finds_its_own_customer()
    {
        await using var world = await LagoWorld.StartAsync();
        await world.Lago.SeedCustomer("f:1:ada");
        await world.Lago.SeedCustomer("f:1:ada.l");
        await using var services = Services(world.Lago.Url);
        var lago = services.GetRequiredService<LagoClient>();
        (await lago.FindCustomerAsync("f:1:ada.l", default))!.ExternalId.ShouldBe("f:1:ada.l");
        (await lago.FindCustomerAsync("f:1:ada.x", default)).ShouldBeNull();
    }

    [Theory]
    [InlineData(200, """{"customer":{"external_id":"u-""")]
    [InlineData(200, """{"customer":{"email":"a@b.c"}}""")]
    [InlineData(200, """{"customer":null}""")]
    [InlineData(200, "<html>welcome</html>")]
    [InlineData(200, "")]
    [InlineData(404, "<html>nginx</html>")]
    [InlineData(502, "<html>bad gateway</html>")]
    [InlineData(401, """{"status":401,"error":"Unauthorized"}""")]
    [InlineData(429, """{"status":429,"error":"Too Many Provider Requests","code":"too_many_provider_requests","error_details":{"provider_name":"Stripe"}}""")]
    public async Task What_is_not_lago_s_word_is_an_exception_that_may_pass(int status, string body)
    {
        await using var world = await LagoWorld.StartAsync();
        world.Lago.Add(new Fault(_ => true, 1) { Status = status, Body = body });
        await using var services = Services(world.Lago.Url);

        var fault = await Should.ThrowAsync<LagoException>(() => services.GetRequiredService<LagoClient>().FindCustomerAsync("u-1", default));

        fault.Status.ShouldBe(status);
        fault.IsRefusal.ShouldBeFalse();
        fault.Message.ShouldContain("GET /customers/u-1");
        fault.ToString().ShouldNotContain(LagoWorld.Key);
    }

    [Fact]
    public async Task A_lost_answer_to_the_creation_is_read_back()
    {
        await using var world = await LagoWorld.StartAsync();
        await using var services = Services(world.Lago.Url);
        var mirror = services.GetRequiredService<LagoMirror>();

        world.Lago.Add(new Fault(r => r.Method == "POST", 1) { ResetAfterApplying = true });
        await Should.ThrowAsync<HttpRequestException>(() => mirror.EnsureCustomerAsync(Wanted, default));
        // the second try, as if the customer had not been visible to its first look
        world.Lago.Add(new Fault(r => r.Method == "GET", 1) { Status = 404, Body = """{"status":404,"error":"Not Found","code":"customer_not_found"}""" });
        await mirror.EnsureCustomerAsync(Wanted, default);

        var customer = world.Lago.Customers.ShouldHaveSingleItem();
        (customer.Email, customer.Name, customer.Currency).ShouldBe(("ada@example.com", "Ada", "USD"));
        customer.Metadata.ShouldBe(new Dictionary<string, string>(StringComparer.Ordinal) { ["stripe_customer"] = "cus_1" });
    }

    [Fact]
    public async Task Twenty_first_calls_at_once_make_one_customer_and_none_fails()
    {
        await using var world = await LagoWorld.StartAsync();
        await using var services = Services(world.Lago.Url);
        var mirror = services.GetRequiredService<LagoMirror>();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => mirror.EnsureCustomerAsync(Wanted, default)));
        world.Lago.Customers.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Nothing_is_sent_when_nothing_differs()
    {
        await using var world = await LagoWorld.StartAsync();
        await using var services = Services(world.Lago.Url);
        var mirror = services.GetRequiredService<LagoMirror>();
        await mirror.EnsureCustomerAsync(Wanted, default);
        await mirror.EnsureSubscribedAsync(Wanted, "starter", default);
        var before = world.Lago.Journal.Count;

        await mirror.EnsureCustomerAsync(Wanted, default);
        (await mirror.EnsureSubscribedAsync(Wanted, "starter", default)).ShouldBe("starter");

        world.Lago.Journal.Skip(before).ShouldAllBe(e => e.Method == "GET");
    }

    [Fact]
    public async Task A_plan_goes_up_and_down_at_once_and_what_somebody_scheduled_is_taken_back()
    {
        await using var world = await LagoWorld.StartAsync();
        await using var services = Services(world.Lago.Url);
        var mirror = services.GetRequiredService<LagoMirror>();

        foreach (var plan in (string[])["starter", "professional", "starter", "enterprise"])
        {
            for (var n = 0; n < 2; n++) (await mirror.EnsureSubscribedAsync(Wanted, plan, default)).ShouldBe(plan);
            world.Lago.Subscriptions("u-1").Where(s => s.Status is "active" or "pending").ShouldHaveSingleItem().PlanCode.ShouldBe(plan);
        }

        world.Lago.SeedSubscription("u-1", "sub_1", "starter");
        world.Lago.Subscriptions("u-1").ShouldContain(s => s.Status == "pending");
        (await mirror.EnsureSubscribedAsync(Wanted, "enterprise", default)).ShouldBe("enterprise");
        world.Lago.Subscriptions("u-1").Where(s => s.Status is "active" or "pending").ShouldHaveSingleItem().PlanCode.ShouldBe("enterprise");

        world.Lago.SeedSubscription("u-1", "sub_1", "starter");
        (await mirror.EnsureSubscribedAsync(Wanted, "professional", default)).ShouldBe("professional");
        world.Lago.Subscriptions("u-1").Where(s => s.Status is "active" or "pending").ShouldHaveSingleItem().PlanCode.ShouldBe("professional");
        world.Lago.Subscriptions("u-1").ShouldAllBe(s => s.BillingTime == "anniversary");
    }

    [Fact]
    public async Task The_end_is_the_end_however_often()
    {
        await using var world = await LagoWorld.StartAsync();
        await using var services = Services(world.Lago.Url);
        var mirror = services.GetRequiredService<LagoMirror>();
        await mirror.EnsureSubscribedAsync(Wanted, "professional", default);
        world.Lago.SeedSubscription("u-1", "sub_1", "starter"); // scheduled
        for (var n = 0; n < 2; n++) await mirror.EnsureEndedAsync(Wanted, default);
        (await mirror.LookAsync(Wanted, default)).ShouldBeNull();
        world.Lago.Subscriptions("u-1").ShouldAllBe(s => s.Status == "terminated" || s.Status == "canceled");
    }

    [Fact]
    public async Task Another_customer_s_subscription_is_neither_taken_nor_ended()
    {
        await using var world = await LagoWorld.StartAsync();
        world.Lago.SeedSubscription("somebody", "sub_1", "starter");
        await using var services = Services(world.Lago.Url);
        var mirror = services.GetRequiredService<LagoMirror>();
        await Should.ThrowAsync<ForeignSubscriptionException>(() => mirror.EnsureSubscribedAsync(Wanted, "starter", default));
        await Should.ThrowAsync<ForeignSubscriptionException>(() => mirror.EnsureEndedAsync(Wanted, default));
        world.Lago.Subscriptions("somebody").ShouldHaveSingleItem().Status.ShouldBe("active");
    }

    private static ServiceProvider Services(string url)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal) { ["Lago:Url"] = url, ["Lago:ApiKey"] = LagoWorld.Key }).Build();
        return new ServiceCollection().AddBilling(configuration).BuildServiceProvider();
    }
}
