using BillingMonolith.Sandbox;

namespace BillingMonolith.Specs.Sandbox;

/// <summary>Deliveries: signed, in order, tried again, and the bad luck that can be set.</summary>
public sealed class StripeWebhookSpecs
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Each_event_arrives_signed_over_its_bytes_with_real_time()
    {
        await using var world = await StripeWorld.StartAsync();
        var (receiver, secret) = await world.ListenAsync();
        world.Clock.Advance(TimeSpan.FromDays(90));
        world.Stripe.Pay(world.Stripe.OpenPackSession(StripeWorld.Ada, "starter"));
        await world.Stripe.WaitForQuietAsync(Patience);

        receiver.All.Select(r => r.Id).ShouldBe(world.Stripe.Events.Select(e => e.Id), ignoreOrder: true);
        foreach (var received in receiver.All)
        {
            var at = DateTimeOffset.FromUnixTimeSeconds(long.Parse(received.Signature.Split(',')[0][2..]));
            (TimeProvider.System.GetUtcNow() - at).Duration().ShouldBeLessThan(TimeSpan.FromMinutes(1));
            received.Signature.ShouldBe(StripeCourier.Sign(secret, received.Body, at));
            received.UserAgent.ShouldBe("Stripe/1.0 (+https://stripe.com/docs/webhooks)");
            received.ContentType.ShouldBe("application/json; charset=utf-8");
            received.Body.ShouldBe(world.Stripe.Events.Single(e => e.Id == received.Id).Bytes());
        }

        (await world.CallAsync("GET", "/v1/events", "delivery_success=false")).Body.Data().ShouldBeEmpty();
    }

    [Fact]
    public void The_signature_is_an_hmac_over_time_dot_body_with_the_whole_secret() =>
        // computed with: printf '1700000000.{}' | openssl dgst -sha256 -hmac whsec_test
        StripeCourier.Sign("whsec_test", "{}"u8, DateTimeOffset.FromUnixTimeSeconds(1_700_000_000)).ShouldBe(
            "t=1700000000,v1=35495024f4ef3f94e5a93e22221544c4b75e9a42300cd965ab81cb85cd994e91");

    [Theory]
    [InlineData(500)]
    [InlineData(302)]
    public async Task What_is_not_taken_is_tried_again_and_redirects_are_not_followed(int refusal)
    {
        await using var world = await StripeWorld.StartAsync();
        var (receiver, _) = await world.ListenAsync();
        receiver.Script.Enqueue(refusal);
        receiver.Script.Enqueue(refusal);
        world.Stripe.Expire(world.Stripe.OpenPackSession(StripeWorld.Ada, "starter"));
        await world.Stripe.WaitForQuietAsync(Patience);
        receiver.All.Count.ShouldBe(3);
        receiver.All.Select(r => r.Id).Distinct().Count().ShouldBe(1);
        world.Stripe.Deliveries.Select(d => d.Status).ShouldBe([refusal, refusal, 200]);
        world.Stripe.Deliveries.Select(d => d.Number).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task Nobody_at_the_address_is_a_failure_that_is_never_quiet()
    {
        await using var world = await StripeWorld.StartAsync();
        await using var gone = await Receiver.StartAsync();
        world.Stripe.AddWebhookEndpoint(gone.Url);
        await gone.DisposeAsync();
        world.Stripe.Expire(world.Stripe.OpenPackSession(StripeWorld.Ada, "starter"));
        await Should.ThrowAsync<TimeoutException>(() => world.Stripe.WaitForQuietAsync(TimeSpan.FromMilliseconds(300)));
        world.Stripe.Deliveries.ShouldAllBe(d => d.Status == 0 && d.Error != null);
    }

    [Fact]
    public async Task Dropped_events_are_listed_as_undelivered_and_can_be_sent_again()
    {
        await using var world = await StripeWorld.StartAsync();
        var (receiver, _) = await world.ListenAsync();
        world.Stripe.DeliveryFaults.Drop = true;
        world.Stripe.Expire(world.Stripe.OpenPackSession(StripeWorld.Ada, "starter"));
        await world.Stripe.WaitForQuietAsync(Patience);
        receiver.All.ShouldBeEmpty();
        var listed = (await world.CallAsync("GET", "/v1/events", "delivery_success=false&type=checkout.session.expired")).Body.Data().Single();
        listed.Whole("pending_webhooks").ShouldBe(1);

        using var resent = await world.ClickAsync("/dashboard/resend", ("event", listed.Name("id")));
        (await receiver.NextAsync()).Id.ShouldBe(listed.Name("id"));
    }

    [Fact]
    public async Task Deliveries_repeat_and_many_at_once_can_be_asked_for()
    {
        await using var world = await StripeWorld.StartAsync();
        var (receiver, _) = await world.ListenAsync();
        world.Stripe.DeliveryFaults.Repeat = 3;
        world.Stripe.DeliveryFaults.Shuffle = true;
        world.Stripe.Expire(world.Stripe.OpenPackSession(StripeWorld.Ada, "starter"));
        await world.Stripe.WaitForQuietAsync(Patience);
        receiver.All.Count.ShouldBe(3);
        (await world.Stripe.DeliverAsync(world.Stripe.Events[0].Id, 100)).ShouldAllBe(a => a.Taken);
        receiver.All.Count.ShouldBe(103);
    }

    [Fact]
    public async Task Held_deliveries_are_released_in_any_order()
    {
        await using var world = await StripeWorld.StartAsync();
        var (receiver, _) = await world.ListenAsync();
        world.Stripe.HoldDeliveries();
        world.Stripe.Pay(world.Stripe.OpenPlanSession(StripeWorld.Ada, "starter", "monthly"));
        var backwards = world.Stripe.Events.Select(e => e.Id).Reverse().ToList();
        receiver.All.ShouldBeEmpty();
        await world.Stripe.ReleaseDeliveriesAsync(backwards);
        receiver.All.Select(r => r.Id).ShouldBe(backwards);
    }

    [Fact]
    public async Task An_endpoint_gets_what_it_asked_for_until_it_is_deleted()
    {
        await using var world = await StripeWorld.StartAsync();
        await using var receiver = await Receiver.StartAsync();
        var (_, endpoint, _) = await world.CallAsync("POST", "/v1/webhook_endpoints", $"url={receiver.Url}&enabled_events[]=checkout.session.completed");
        endpoint.Name("secret").ShouldStartWith("whsec_");
        (await world.CallAsync("GET", "/v1/webhook_endpoints")).Body.Data().Single().ContainsKey("secret").ShouldBeFalse();
        world.Stripe.Pay(world.Stripe.OpenPackSession(StripeWorld.Ada, "starter"));
        await world.Stripe.WaitForQuietAsync(Patience);
        receiver.All.Single().Type.ShouldBe("checkout.session.completed");

        await world.CallAsync("DELETE", $"/v1/webhook_endpoints/{endpoint.Name("id")}");
        world.Stripe.Pay(world.Stripe.OpenPackSession(StripeWorld.Ada, "starter"));
        await world.Stripe.WaitForQuietAsync(Patience);
        receiver.All.Count.ShouldBe(1);
    }
}
