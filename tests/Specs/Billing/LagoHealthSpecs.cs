using BillingMonolith.Billing;
using BillingMonolith.Billing.Lago;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Sandbox;
using BillingMonolith.Specs.Sandbox;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace BillingMonolith.Specs.Billing;

/// <summary>What an operator reads when Lago is not as it must be. Which plans are missing is a journey: it takes the table of tiers.</summary>
public sealed class LagoHealthSpecs
{
    [Fact]
    public async Task A_key_that_Lago_does_not_take_is_named_and_not_shown()
    {
        await using var world = await LagoWorld.StartAsync();
        await using var services = Services(world.Lago.Url, key: "canary-key");
        var reason = await ReasonAsync(services);
        reason.ShouldContain("Lago answered 401");
        reason.ShouldContain("Lago:ApiKey");
        reason.ShouldNotContain("canary");
    }

    [Fact]
    public async Task A_Lago_that_is_down_is_named_with_its_address()
    {
        await using var world = await LagoWorld.StartAsync();
        world.Lago.GoDown();
        await using var services = Services(world.Lago.Url);
        var reason = await ReasonAsync(services);
        reason.ShouldContain($"{world.Lago.Url}/api/v1 does not answer");
        reason.ShouldContain("Lago:Url");
    }

    [Fact]
    public async Task A_page_of_somebody_else_is_no_Lago()
    {
        await using var world = await LagoWorld.StartAsync();
        world.Lago.Add(new Fault(_ => true, 1) { Status = 404, Body = "<html>", ContentType = "text/html" });
        await using var services = Services(world.Lago.Url);
        (await ReasonAsync(services)).ShouldContain("Is Lago:Url right?");
    }

    [Fact]
    public async Task A_Lago_that_answers_is_not_blamed_for_the_database()
    {
        await using var world = await LagoWorld.StartAsync();
        await using var services = Services(world.Lago.Url);
        (await ReasonAsync(services)).ShouldStartWith("Lago answers, but");
    }

    [Fact]
    public async Task The_plans_of_every_page_count()
    {
        await using var world = await LagoWorld.StartAsync();
        for (var i = 0; i < 195; i++)
        {
            var plan = $$$"""{"plan":{"name":"p","code":"p{{{i}}}","interval":"monthly","amount_cents":1,"amount_currency":"USD"}}""";
            (await world.Post("plans", plan)).Status.ShouldBe(200);
        }

        await using var services = Services(world.Lago.Url);
        (await services.GetRequiredService<LagoClient>().PlansAsync(default)).Count.ShouldBe(205);
    }

    [Fact]
    public async Task Checks_of_a_Lago_that_is_down_neither_repeat_nor_open_the_breaker_of_the_work()
    {
        await using var world = await LagoWorld.StartAsync();
        await world.Lago.SeedCustomer("u-1", "ada@example.com");
        world.Lago.Add(new Fault(_ => true, int.MaxValue) { Status = 503, Body = "{}" });
        await using var services = Services(world.Lago.Url);
        for (var i = 0; i < 20; i++) await ReasonAsync(services);
        world.Lago.Journal.Count.ShouldBe(20, "one call per check");

        world.Lago.Heal();
        (await services.GetRequiredService<LagoClient>().FindCustomerAsync("u-1", default)).ShouldNotBeNull();
    }

    private static async Task<string> ReasonAsync(ServiceProvider services)
    {
        var entry = (await services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["lago"];
        entry.Status.ShouldBe(HealthStatus.Degraded, entry.Description);
        return entry.Description!;
    }

    /// <summary>With the clients that the Host gives, and a database that is down.</summary>
    private static ServiceProvider Services(string url, string key = LagoWorld.Key) => new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System)
        .AddSingleton(NpgsqlDataSource.Create("Host=127.0.0.1;Port=1"))
        .AddNeighbour("lago", retries: 2)
        .AddBilling(new ConfigurationBuilder().AddInMemoryCollection(
            new Dictionary<string, string?> { ["Lago:Url"] = url, ["Lago:ApiKey"] = key }).Build())
        .BuildServiceProvider();
}
