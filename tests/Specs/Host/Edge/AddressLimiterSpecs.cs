using System.Net;
using BillingMonolith.Host.Edge;
using BillingMonolith.Host.Http;
using BillingMonolith.Specs.Sandbox;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Specs.HostRoom.Edge;

/// <summary>How many unauthentic webhooks an address may send, by a clock that the test moves.</summary>
public sealed class AddressLimiterSpecs
{
    private const int Limit = 5;
    private readonly HandClock clock = new();
    private readonly AddressLimiter limiter;

    public AddressLimiterSpecs() => limiter = new(Options.Create(new LimitsOptions { WebhookPerMinute = Limit }), clock);

    [Fact]
    public void The_last_of_the_limit_still_counts_and_the_next_waits_for_the_end_of_the_minute()
    {
        clock.Advance(TimeSpan.FromSeconds(10));
        Send("192.0.2.1", Limit - 1);
        Wait("192.0.2.1").ShouldBeNull();
        Send("192.0.2.1", 1);
        Wait("192.0.2.1").ShouldBe(TimeSpan.FromSeconds(50));
        Wait("192.0.2.2").ShouldBeNull("others go on");

        clock.Advance(TimeSpan.FromSeconds(49));
        Wait("192.0.2.1").ShouldBe(TimeSpan.FromSeconds(1));
        clock.Advance(TimeSpan.FromSeconds(1));
        Wait("192.0.2.1").ShouldBeNull();
        limiter.Addresses.ShouldBe(0, "an old window is forgotten");
    }

    [Fact]
    public void What_is_not_counted_leaves_no_trace()
    {
        for (var i = 0; i < 1000; i++) Wait("192.0.2.1").ShouldBeNull();
        limiter.Addresses.ShouldBe(0);
    }

    [Theory]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1")]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff")]
    public void Two_addresses_of_one_sender_count_together(string address, string other)
    {
        Send(address, Limit);
        Wait(other).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.129")]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1")]
    [InlineData("192.0.2.1", "c000:201::")]
    [InlineData("192.0.2.1", null)]
    public void Two_senders_do_not(string address, string? other)
    {
        Send(address, Limit);
        Wait(other).ShouldBeNull();
    }

    [Fact]
    public void A_sender_without_an_address_has_a_limit_too()
    {
        Send(address: null, Limit);
        Wait(null).ShouldNotBeNull();
    }

    [Fact]
    public void A_flood_of_addresses_takes_bounded_memory_and_those_that_are_counted_stay_counted()
    {
        Send("192.0.2.1", Limit - 1);
        for (var i = 0; i < AddressLimiter.MostAddresses + 10_000; i++) limiter.Count(new IPAddress([10, (byte)(i >> 16), (byte)(i >> 8), (byte)i]));
        limiter.Addresses.ShouldBe(AddressLimiter.MostAddresses);

        Send("192.0.2.1", 1);
        Wait("192.0.2.1").ShouldNotBeNull();
        Send("192.0.2.2", Limit);
        Wait("192.0.2.2").ShouldBeNull("what has no room is not counted, and so never refused");
        clock.Advance(TimeSpan.FromMinutes(1));
        Send("192.0.2.2", Limit);
        Wait("192.0.2.2").ShouldNotBeNull("the next minute has room");
    }

    [Fact]
    public void Asking_about_a_known_address_allocates_nothing()
    {
        var address = IPAddress.Parse("2001:db8::1");
        Send("2001:db8::1", Limit);
        limiter.Wait(address).ShouldNotBeNull();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) _ = limiter.Wait(address);
        for (var i = 0; i < 1000; i++) limiter.Count(address);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1000, "not even a byte a request");
    }

    [Fact]
    public async Task What_many_send_at_once_is_counted_exactly()
    {
        var many = new AddressLimiter(Options.Create(new LimitsOptions { WebhookPerMinute = 4001 }), clock);
        var address = IPAddress.Parse("192.0.2.1");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 1000; i++) many.Count(address);
        })));
        many.Wait(address).ShouldBeNull();
        many.Count(address);
        many.Wait(address).ShouldNotBeNull();
    }

    private void Send(string? address, int times)
    {
        for (var i = 0; i < times; i++) limiter.Count(address is null ? null : IPAddress.Parse(address));
    }

    private TimeSpan? Wait(string? address) => limiter.Wait(address is null ? null : IPAddress.Parse(address));
}
