using BillingMonolith.Host.Health;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Sandbox;
using BillingMonolith.Specs.Sandbox;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BillingMonolith.Specs.HostRoom;

/// <summary>What an operator reads when Stripe cannot be asked.</summary>
public sealed class StripeHealthSpecs
{
    [Fact]
    public async Task A_key_that_Stripe_takes_is_healthy_and_shows_its_mode()
    {
        await using var world = await StripeWorld.StartAsync();
        var entry = await CheckAsync(world, world.Stripe.ApiKey);
        entry.Status.ShouldBe(HealthStatus.Healthy, entry.Description);
        entry.Data["mode"].ShouldBe("test");
        world.Stripe.Journal.ShouldHaveSingleItem().Path.ShouldBe("/v1/subscriptions?limit=1");
    }

    [Fact]
    public async Task A_key_that_Stripe_does_not_take_is_named_and_not_shown()
    {
        await using var world = await StripeWorld.StartAsync();
        var entry = await CheckAsync(world, "sk_test_canary_0123456789");
        entry.Status.ShouldBe(HealthStatus.Degraded);
        entry.Description!.ShouldContain("Set Stripe__SecretKey");
        entry.Description!.ShouldNotContain("canary");
    }

    [Fact]
    public async Task A_restricted_key_is_told_which_permission_it_lacks()
    {
        await using var world = await StripeWorld.StartAsync();
        world.Stripe.Add(new Fault(_ => true, 1) { Status = 403, Body = """{"error":{"type":"invalid_request_error","message":"no permission"}}""" });
        (await CheckAsync(world, world.Stripe.ApiKey)).Description!.ShouldContain("permit it to read subscriptions");
    }

    [Theory]
    [InlineData("true", "live")]
    [InlineData("false", null)]
    public async Task Objects_of_the_other_mode_are_noticed(string livemode, string? said)
    {
        await using var world = await StripeWorld.StartAsync();
        world.Stripe.Add(new Fault(_ => true, 1)
        {
            Status = 200,
            Body = $$$"""
                {"object":"list","has_more":false,"data":[{"id":"sub_1","object":"subscription","status":"active","customer":"cus_1","created":1,
                 "livemode":{{{livemode}}},"items":{"object":"list","has_more":false,"data":[]}}]}
                """,
        });
        var entry = await CheckAsync(world, world.Stripe.ApiKey);
        entry.Status.ShouldBe(said is null ? HealthStatus.Healthy : HealthStatus.Degraded, entry.Description);
        if (said is not null) entry.Description!.ShouldContain($"objects of {said} mode");
    }

    [Fact]
    public async Task A_Stripe_that_is_down_is_asked_once()
    {
        await using var world = await StripeWorld.StartAsync();
        var down = new Fault(_ => true, int.MaxValue) { ResetBefore = true };
        world.Stripe.Add(down);
        var entry = await CheckAsync(world, world.Stripe.ApiKey);
        entry.Status.ShouldBe(HealthStatus.Degraded);
        entry.Description!.ShouldContain("could not be reached");
        down.Struck.ShouldBe(1);
    }

    private static async Task<HealthReportEntry> CheckAsync(StripeWorld world, string key)
    {
        var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddSingleton(new Random(1)).AddNeighbour("stripe", retries: 0)
            .Configure<StripeOptions>(o => (o.ApiBase, o.SecretKey) = (world.Stripe.Url, key));
        services.AddHealthChecks().AddCheck<StripeHealth>("stripe", HealthStatus.Degraded);
        await using var provider = services.BuildServiceProvider();
        return (await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["stripe"];
    }
}
